-- Postgres' own upkeep, where it does the same over and over and a frame waits for it. By its defaults a table is
-- analyzed anew once a tenth of its rows have changed: the latest quotes of a live market at each look, every ten
-- seconds, with thirty thousand sampled rows of candles beside it, while what a statistic says of either never changes.
-- Both are cleaned as ever, which is what keeps updates in place. Until there are rows to speak of, quotes are analyzed
-- as soon as there are some.
alter table quotes set (autovacuum_analyze_threshold = 500, autovacuum_analyze_scale_factor = 100);
alter table candles set (autovacuum_analyze_threshold = 100000);
