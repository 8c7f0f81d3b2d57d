-- Other ways to prove who one is, guesses that a restart does not forget, and a trail that cannot be emptied.

-- The address as the provider told it, for people to read: it proves nothing. A proof that is not newer than the
-- last one taken was used before.
alter table identities add column email text not null default '';
alter table identities add column proved_at timestamptz;
create index identities_user on identities (user_id);

-- An administrator's word that whoever proves this address is that user: once, and for some days.
create table invitations (
    email      text primary key check (email = lower(email)),
    user_id    bigint not null references users,
    invited_by text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index invitations_user on invitations (user_id);

-- Wrong passwords by the name that was typed, whether or not anybody has it, and by the address they came from.
-- Digests alone: people type passwords where a name belongs. A row lives for minutes.
create table guesses (
    key_sha256   bytea primary key,
    attempts     integer not null check (attempts >= 0),
    locked_until timestamptz,
    expires_at   timestamptz not null
);
create index guesses_end on guesses (expires_at);
alter table users drop column failed_attempts, drop column locked_until;

create trigger never_emptied before truncate on audit for each statement execute function refuse_change();
create index audit_action on audit (action, id desc);
create index audit_actor on audit (actor, id desc);
