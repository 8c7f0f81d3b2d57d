-- Halts by the market-wide breaker, of the market's date: (index, percent, begins, entry, match, resumes) each.
alter table markets add column halts jsonb not null default '[]';

-- A halt ends with a call auction; there may be two of them on a day.
alter table auctions drop constraint auctions_kind_check;
alter table auctions add constraint auctions_kind_check check (kind in ('OPEN', 'CLOSE', 'REOPEN1', 'REOPEN2'));
