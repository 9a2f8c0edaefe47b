package explore

import (
	"maps"
	"reflect"

	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/sim/explore/imprint"
	"github.com/milosgajdos/taurus/sim/explore/twin"
)

// copies makes copies of the parts of a world.
type copies struct{ maker *twin.Maker }

func newCopies() *copies {
	shared := []reflect.Type{
		// What is never changed once it is made.
		reflect.TypeFor[*job.Spec](), reflect.TypeFor[*job.Group](), reflect.TypeFor[*policy.Policy](), reflect.TypeFor[*imprint.Imprint](),
		reflect.TypeFor[events.Event](), reflect.TypeFor[machine.Effect](), reflect.TypeFor[error](),
	}
	return &copies{maker: twin.New(shared, dropped())}
}

// dropped are the buffers that are worth nothing between two steps.
func dropped() []string {
	return []string{"launching.Machine.out", "launching.Machine.matcher", "leading.Machine.out", "deciding.Machine.effects"}
}

func (c *copies) process(p *Process) *Process { return twin.Of(c.maker, p) }

func (c *copies) master(m *Mesos) *Mesos { return twin.Of(c.maker, m) }

func (c *copies) log(l *Log) *Log {
	return &Log{records: l.records, truth: twin.Of(c.maker, l.truth), serving: maps.Clone(l.serving)}
}
