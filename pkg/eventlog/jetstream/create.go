package jetstream

import "context"

// Create makes a stream, or verifies the one that is there as Open does. Who
// only uses a log never calls it: a stream that is gone took its records with
// it, and one made in its place by the way would hide that.
func Create(ctx context.Context, o Options) error {
	o = o.withDefaults()
	nc, _, err := dial(ctx, o, makeStream)
	if err != nil {
		return err
	}
	nc.Close()

	return nil
}

// CreateLeases makes the bucket of leases, or verifies the one that is there. It
// uses the options that OpenLeases does.
func CreateLeases(ctx context.Context, o Options) error {
	o = o.withDefaults()
	nc, _, err := dial(ctx, o, makeBucket)
	if err != nil {
		return err
	}
	nc.Close()

	return nil
}
