-- The deliveries of a destination in the order in which they are tried: twenty thousand that wait are not sorted at
-- each look.
CREATE INDEX deliveries_in_order ON deliveries (destination, attempts, id) WHERE state = 'pending';
