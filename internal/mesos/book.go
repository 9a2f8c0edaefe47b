package mesos

import (
	"fmt"
	"sync"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
)

// book holds the offers of a subscription as they came, until they are used,
// declined or rescinded: what is launched on an offer must be cut out of its
// very resources, with their reservations and allocation.
type book struct {
	mu     sync.Mutex
	offers map[string]mesos.Offer
}

func newBook() *book { return &book{offers: map[string]mesos.Offer{}} }

func (b *book) add(offers []mesos.Offer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, o := range offers {
		b.offers[o.ID.Value] = o
	}
}

func (b *book) forget(ids []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range ids {
		delete(b.offers, id)
	}
}

// accept makes the call and takes the offers out of the book. On an error all
// stays as it was.
func (b *book) accept(a Accept, s Secrets) (*scheduler.Call_Accept, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	pool, err := b.pool(a.OfferIDs)
	if err != nil {
		return nil, err
	}
	tasks := make([]mesos.TaskInfo, 0, len(a.Launches))
	for i := range a.Launches {
		task, err := taskInfo(&placedTask{&a.Launches[i], s[a.Launches[i].TaskID]}, pool)
		if err != nil {
			return nil, &LaunchError{TaskID: a.Launches[i].TaskID, Err: err}
		}
		tasks = append(tasks, *task)
	}
	for _, id := range a.OfferIDs {
		delete(b.offers, id)
	}
	return &scheduler.Call_Accept{
		OfferIDs:   wireOfferIDs(a.OfferIDs),
		Operations: launch(tasks),
		Filters:    filters(a.RefuseLeftovers),
	}, nil
}

func launch(tasks []mesos.TaskInfo) []mesos.Offer_Operation {
	return []mesos.Offer_Operation{{
		Type:   mesos.Offer_Operation_LAUNCH,
		Launch: &mesos.Offer_Operation_Launch{TaskInfos: tasks},
	}}
}

// pool puts the resources of offers together. The master would refuse all of an
// ACCEPT whose offers are of several agents or roles.
func (b *book) pool(ids []string) (*pool, error) {
	if len(ids) == 0 {
		return nil, fmt.Errorf("%w: none named", ErrOfferUnknown)
	}
	p := &pool{}
	seen := map[string]bool{}
	for _, id := range ids {
		o, ok := b.offers[id]
		if !ok || seen[id] {
			return nil, fmt.Errorf("%w: %s", ErrOfferUnknown, id)
		}
		role := o.GetAllocationInfo().GetRole()
		if len(seen) > 0 && (o.AgentID.Value != p.agentID || role != p.role) {
			return nil, fmt.Errorf("%w: %s", ErrOffersMixed, id)
		}
		seen[id] = true
		p.agentID, p.role = o.AgentID.Value, role
		p.add(o.Resources)
	}
	return p, nil
}
