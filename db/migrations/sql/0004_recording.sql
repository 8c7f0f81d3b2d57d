-- Whether the frames of a market are written to files, so that its day can be played again.
alter table markets add column recording boolean not null default false;
