-- A recorded day of a live market is its owner's when it is played again, as it was when it was live.

-- Who alone sees a market and the books in it; null for everybody's. Of a live market its owner.
alter table markets add column shown_to bigint references users;
update markets set shown_to = owner_id where owner_id is not null;
alter table markets add constraint markets_shown check (owner_id is null or shown_to is not distinct from owner_id);
