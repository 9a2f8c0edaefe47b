package eventlog_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
)

// counter is a service in small: a fold, a decision, and an append on the
// condition that nobody decided meanwhile. It works on any log.
type counter struct {
	log   eventlog.Log
	total int
	last  uint64
}

func (c *counter) fold(rec eventlog.Record) error {
	c.total += len(rec.Data)
	c.last = rec.Sequence

	return nil
}

func (c *counter) add(ctx context.Context, data string) error {
	m := eventlog.Message{Subject: "counter", Data: []byte(data)}
	receipt, err := c.log.Append(ctx, eventlog.Decision(m, c.last))
	if err != nil {
		return err
	}
	for rec, err := range c.log.Read(ctx, c.last+1, receipt.Last) {
		if err != nil {
			return err
		}
		if err := c.fold(rec); err != nil {
			return err
		}
	}

	return nil
}

func Example() {
	ctx := context.Background()
	log := memory.New() // Or jetstream.Open, or your own.
	defer func() { _ = log.Close() }()

	one, two := &counter{log: log}, &counter{log: log}
	fmt.Println(one.add(ctx, "abc"), one.total)
	fmt.Println(errors.Is(two.add(ctx, "d"), eventlog.ErrConflict), two.total)

	// A lost race is a normal outcome: fold what came, decide again.
	for rec, err := range log.Read(ctx, 1, 1) {
		fmt.Println(err, two.fold(rec))
	}
	fmt.Println(two.add(ctx, "d"), two.total)
	// Output:
	// <nil> 3
	// true 0
	// <nil> <nil>
	// <nil> 4
}

func ExampleFollower() {
	ctx, cancel := context.WithCancel(context.Background())
	log := memory.New()
	follower := eventlog.NewFollower(log, 1)
	done := make(chan error)
	go func() {
		done <- follower.Run(ctx, func(rec eventlog.Record) error {
			fmt.Printf("%d %s\n", rec.Sequence, rec.Data)

			return nil
		})
	}()
	for _, word := range []string{"read", "your", "writes"} {
		receipt, err := log.Append(ctx, eventlog.Fact(eventlog.Message{Subject: "words", Data: []byte(word)}))
		if err != nil {
			fmt.Println(err)
		}
		if err := follower.WaitFor(ctx, receipt.Last); err != nil {
			fmt.Println(err)
		}
	}
	cancel()
	fmt.Println(<-done)
	// Output:
	// 1 read
	// 2 your
	// 3 writes
	// context canceled
}
