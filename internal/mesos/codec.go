package mesos

import (
	"fmt"

	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
)

// unmarshaler is any of mesos-go's answers and events.
type unmarshaler interface{ Unmarshal(data []byte) error }

// unmarshal turns a panic into an error: the generated code indexes past the
// end of some malformed messages (CVE-2021-3121).
func unmarshal(data []byte, msg unmarshaler) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %T: %v", ErrProtocol, msg, p)
		}
	}()
	if err := msg.Unmarshal(data); err != nil {
		return fmt.Errorf("%w: %T: %w", ErrProtocol, msg, err)
	}
	return nil
}

func decodeEvent(rec []byte) (*scheduler.Event, error) {
	ev := new(scheduler.Event)
	if err := unmarshal(rec, ev); err != nil {
		return nil, err
	}
	return ev, nil
}
