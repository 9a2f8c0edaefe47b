package mesos

import (
	"context"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
)

// Killer kills tasks of a framework that another process has subscribed: a
// master takes calls from anyone who has the stream id.
type Killer struct {
	doer    *doer
	timeout time.Duration
}

// NewKiller makes a killer. Which master it asks is up to the target of a kill, but
// for Config.Master and Config.Hosts: with either of them, or with credentials, it
// asks no other. An error is a *ConfigError.
func NewKiller(cfg Config) (*Killer, error) {
	cfg, tlsConf, err := cfg.ready()
	if err != nil {
		return nil, err
	}
	if cfg.Master != "" {
		cfg.guard.strict = true
	}
	return &Killer{doer: newDoer(cfg, tlsConf, cfg.AckConns), timeout: cfg.CallTimeout}, nil
}

// Named returns nil if kills may be sent to a master, a base URL. Otherwise it says
// why not: a *HostError, or ErrProtocol if it is no such URL.
func (k *Killer) Named(ctx context.Context, master string) error {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	return k.doer.guard.checkBase(ctx, master)
}

// Close closes idle connections.
func (k *Killer) Close() { k.doer.close() }

// Kill asks for the end of a task, gently for the time of grace; 0 leaves that
// to the task's own kill policy. It is safe to repeat, but for Docker each
// repetition begins the grace anew. ErrStaleStream means that the target is of
// the past: wait for a newer subscription. A *HostError means that nothing was sent.
func (k *Killer) Kill(ctx context.Context, t Target, taskID, agentID string, grace time.Duration) error {
	if err := k.doer.guard.checkBase(ctx, t.Master); err != nil {
		return err
	}
	kill := &scheduler.Call_Kill{TaskID: mesos.TaskID{Value: taskID}}
	if agentID != "" {
		kill.AgentID = &mesos.AgentID{Value: agentID}
	}
	if grace > 0 {
		kill.KillPolicy = killPolicy(grace)
	}
	call := &scheduler.Call{
		FrameworkID: &mesos.FrameworkID{Value: t.FrameworkID},
		Type:        scheduler.Call_KILL,
		Kill:        kill,
	}
	return k.doer.send(ctx, k.timeout, request{
		call:     call.Type.String(),
		url:      t.Master + pathScheduler,
		streamID: t.StreamID,
		msg:      call,
	})
}

func killPolicy(grace time.Duration) *mesos.KillPolicy {
	return &mesos.KillPolicy{GracePeriod: &mesos.DurationInfo{Nanoseconds: grace.Nanoseconds()}}
}
