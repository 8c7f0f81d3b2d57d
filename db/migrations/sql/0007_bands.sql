-- Price bands move within a date: the number rises with each move, so that whoever fills orders looks at what rests.
alter table markets add column bands_version bigint not null default 0;
