-- Which bucket is the default one: that which was made, or found, under the name that the configuration gives. It stays so
-- under another name.
alter table bucket add column default_for text;
create unique index bucket_default_for on bucket (default_for) where default_for is not null;
