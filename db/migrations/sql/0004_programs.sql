-- What the access tokens of a program may do: one that only watches needs no right to trade.
alter table apps add column scopes text[] not null default '{read,trade}'
    check (scopes <@ '{read,trade}' and 'read' = any (scopes));
