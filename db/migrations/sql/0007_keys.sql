-- Old keys are forgotten. Rows come about in order of time, so that a few bytes for each range of blocks tell which may
-- hold old ones. New rows fill the room that forgotten ones leave, and such a range is read whole: a hint, no order.
create index requests_age on requests using brin (created_at);
create index basket_requests_age on basket_requests using brin (at);
