-- Old keys are forgotten: rows come in order of time, so that a few bytes for each range of them find the old ones.
create index requests_age on requests using brin (created_at);
create index basket_requests_age on basket_requests using brin (at);
