-- A market that says more in a frame than is worth writing twice renews the latest quotes by turns. What frames up to
-- this one said is in them; null: what all frames said. Who reads all quotes reads the frames after this one besides.
alter table markets add column quotes_frame bigint;
