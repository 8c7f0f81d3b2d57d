-- When the sidecar took a login's code to the vendor; null again once the answer is here. Until then the login is still on
-- its way: a page that looked between the two said that nothing was connected, and looked no more.
alter table feed_logins add column taken_at timestamptz;
