-- Price alerts that ring whichever way the price goes through their level: from which side it comes now.
alter table price_alerts drop constraint price_alerts_condition_check;
alter table price_alerts add constraint price_alerts_condition_check check (condition in ('ABOVE', 'BELOW', 'CROSSES'));
alter table price_alerts add column side text check (side in ('ABOVE', 'BELOW'));
alter table price_alerts add check ((condition = 'CROSSES') = (side is not null));
