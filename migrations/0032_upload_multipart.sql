-- Uploads that ended while the store that took their parts has yet to be told: the sweep asks for them every few minutes.
create index upload_multipart on upload (id) where state >= 2 and multipart is not null;
