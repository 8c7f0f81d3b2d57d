-- The request that made a token, by which its repetition is known again: the same key makes no second one.
alter table api_tokens add column request_key text check (char_length(request_key) between 1 and 64);
alter table api_tokens add column request_hash text;
alter table api_tokens add constraint api_tokens_request check ((request_key is null) = (request_hash is null));
create unique index api_tokens_request_key on api_tokens (user_id, request_key) where request_key is not null;
