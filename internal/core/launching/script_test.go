package launching_test

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/machine/script"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
	"github.com/milosgajdos/taurus/pkg/events"
)

const source = "taurus/launcher/l1"

// TestScripts plays testdata: the traces of the design and the failure of each
// effect.
func TestScripts(t *testing.T) {
	script.Test(t, "testdata/*.txt", func(*testing.T) script.Rig {
		state, space := cluster.New(), events.NewSpace(0)
		return script.Rig{
			State: state, Space: space, Source: source, Input: input, Effect: effect,
			Machine: launching.New(launching.Config{
				Config: leading.Config{
					Space: space, Instance: "l1", Source: source, Nonce: "n1", LeaseTTL: 10 * time.Second,
				},
				Explain: true,
			}, state),
		}
	})
}

// input reads the lines of the launcher.
func input(l *script.Line, at machine.Moment) (machine.Input, error) {
	switch l.Name {
	case "leased":
		return leading.Leased{Err: failure(l)}, nil
	case "lease-lost":
		return leading.LeaseLost{}, nil
	case "subscribed":
		return leading.Subscribed{
			Session: l.Number(), StreamID: l.Text("stream"), FrameworkID: cmp.Or(l.Text("framework"), "F"), Master: "http://m", MasterID: "M",
		}, nil
	case "not-subscribed":
		return leading.NotSubscribed{Session: l.Number(), Err: failure(l), Removed: l.Bool("removed")}, nil
	case "ended":
		return leading.Ended{Session: l.Number(), Err: failure(l), FailedOver: l.Bool("failed-over")}, nil
	case "stop":
		return leading.Stop{}, nil
	case "offered":
		return launching.Offered{Session: l.Number(), Offers: offers(l, at.Now)}, nil
	case "rescinded":
		return launching.Rescinded{Session: l.Number(), OfferID: l.Word()}, nil
	case "inverse-offered":
		return launching.InverseOffered{Session: l.Number(), Offers: []scheduler.InverseOffer{{
			ID: l.Word(), AgentID: l.Text("agent"), UnavailableFrom: ahead(l, "from", at.Now), UnavailableUntil: ahead(l, "until", at.Now),
		}}}, nil
	case "status":
		return launching.Reported{Session: l.Number(), Status: scheduler.Status{
			TaskID: l.Word(), State: "TASK_" + l.Word(), AgentID: cmp.Or(l.Text("agent"), "S1"), UUID: []byte(l.Text("uuid")),
			Reason: l.Text("reason"), Source: l.Text("source"), Message: l.Text("message"), Time: at.Now,
		}}, nil
	case "called":
		return launching.Called{
			Ticket: l.Number(), Err: failure(l), Unlaunchable: l.Text("unlaunchable"), Insufficient: l.Bool("insufficient"),
		}, nil
	case "listed":
		return listed(l), nil
	case "got-secrets":
		return gotSecrets(l), nil
	}
	return nil, fmt.Errorf("%s is no line of a launcher", l.Name)
}

func failure(l *script.Line) error {
	if text := l.Text("error"); text != "" {
		return errors.New(text)
	}
	return nil
}

// offers are the words of the line, each of four cores and as many GB, on one
// agent unless told otherwise.
func offers(l *script.Line, now time.Time) []offer.Offer {
	agent, cpus := cmp.Or(l.Text("agent"), "S1"), cmp.Or(l.Float("cpus"), 4)
	var list []offer.Offer
	for _, id := range l.Rest() {
		list = append(list, offer.Offer{
			ID: id, AgentID: agent, Hostname: "host-" + agent, Role: "*",
			Resources: offer.Resources{CPUs: offer.Milli(cpus * 1000), Mem: 4096_000},
			Ports:     []offer.PortRange{{Begin: 31000, End: 31009}}, UnavailableFrom: ahead(l, "from", now), UnavailableUntil: ahead(l, "until", now),
		})
	}
	return list
}

// ahead is a time from now on in Unix nanoseconds, 0 for none.
func ahead(l *script.Line, key string, now time.Time) int64 {
	after, err := time.ParseDuration(l.Text(key))
	if err != nil {
		return 0
	}
	return now.Add(after).UnixNano()
}

func gotSecrets(l *script.Line) launching.GotSecrets {
	in := launching.GotSecrets{Ticket: l.Number()}
	if version := l.Text("version"); version != "" {
		in.Versions = []events.SecretVersion{{Name: l.Text("name"), Version: version}}
	}
	if kind := l.Text("problem"); kind != "" {
		in.Problem = &launching.SecretProblem{Kind: kind, Name: l.Text("name"), Text: l.Text("text")}
	}
	return in
}

func listed(l *script.Line) launching.Listed {
	in := launching.Listed{Ticket: l.Number(), Err: failure(l), Awaited: int(l.Uint("awaited"))}
	if l.Has("task") {
		in.Tasks = []scheduler.TaskRef{{
			TaskID: l.Text("task"), AgentID: "S1", State: "TASK_RUNNING", Ours: l.Has("job"), Job: l.Text("job"), Run: l.Uint("run"),
			Group: "g", Slot: uint32(l.Uint("slot")), Attempt: uint32(l.Uint("attempt")), Version: 1,
		}}
	}
	return in
}

// effect writes calls as Mesos' documentation names them, and leaves out what
// only a debugger wants to know.
func effect(e machine.Effect) []string {
	switch e := e.(type) {
	case machine.Note:
		if e.Level == machine.Debug || e.Message == "status" {
			return []string{}
		}
	case launching.Accept:
		var tasks []string
		for _, l := range e.Launches {
			tasks = append(tasks, fmt.Sprintf("%s cpus=%d ports=%v", l.TaskID, l.Resources.CPUs, l.HostPorts))
			if l.Secrets != 0 {
				tasks[len(tasks)-1] += fmt.Sprintf(" secrets=%d", l.Secrets)
			}
		}
		return []string{fmt.Sprintf("ACCEPT: %d %s: %s", e.Ticket, strings.Join(e.OfferIDs, ","), strings.Join(tasks, ", "))}
	case launching.Decline:
		return []string{fmt.Sprintf("DECLINE: %d %s for %s", e.Ticket, strings.Join(e.OfferIDs, ","), e.Refuse)}
	case launching.Revive:
		return []string{fmt.Sprintf("REVIVE: %d", e.Ticket)}
	case launching.Suppress:
		return []string{fmt.Sprintf("SUPPRESS: %d", e.Ticket)}
	case launching.Reconcile:
		var tasks []string
		for _, t := range e.Tasks {
			tasks = append(tasks, t.TaskID+" on "+t.AgentID)
		}
		return []string{strings.TrimSpace(fmt.Sprintf("RECONCILE: %d %s", e.Ticket, strings.Join(tasks, ", ")))}
	case launching.Acknowledge:
		return []string{fmt.Sprintf("ACKNOWLEDGE: %s on %s uuid=%s", e.TaskID, e.AgentID, e.UUID)}
	}
	return nil
}
