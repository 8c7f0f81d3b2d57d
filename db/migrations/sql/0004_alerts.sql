-- What alerts and streams ask on every change of an account, each through an index of its own few rows.
create index risk_decisions_taken on risk_decisions (account_id, at) where decision <> 'REFUSED';
create index gtts_updated on gtts (account_id, updated_at);
create index gtts_changed on gtts (account_id, version);
create index orders_of_house on orders (account_id, placed_at) where origin in ('SQUARE_OFF', 'SYSTEM', 'RISK');
create index trades_of_house on trades (account_id, traded_at) where kind <> 'FILL';
