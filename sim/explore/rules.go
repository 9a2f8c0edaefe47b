package explore

import (
	"maps"
	"time"

	"github.com/milosgajdos/taurus/sim/explore/imprint"
)

// rules are what two worlds may differ in and still be the same.
func rules() imprint.Rules {
	all := imprint.Rules{}
	for _, some := range []imprint.Rules{stateRules(), launchingRules(), decidingRules(), eventRules(), worldRules()} {
		maps.Copy(all, some)
	}
	return all
}

func ignored(why string) imprint.Rule { return imprint.Rule{How: imprint.Ignored, Why: why} }

func ordered(k imprint.Kind) imprint.Rule {
	return imprint.Rule{How: imprint.Ordered, Kind: k, Why: "numbers follow each other; only their order is looked at"}
}

func named() imprint.Rule {
	return imprint.Rule{How: imprint.Named, Why: "names are only compared"}
}

func future() imprint.Rule {
	return imprint.Rule{How: imprint.Future, Why: "a time that has come is as good as any"}
}

func past(within time.Duration) imprint.Rule {
	return imprint.Rule{How: imprint.Past, Within: within, Why: "nobody looks back further"}
}

func asItIs() imprint.Rule {
	return imprint.Rule{How: imprint.Absolute, Why: "there are only few of them, and how far away they are is taken"}
}

func capped(most uint64) imprint.Rule {
	return imprint.Rule{How: imprint.Capped, Most: most, Why: "more makes no difference"}
}

const (
	shown   = "it is shown to users, and decides nothing"
	closed  = "what is closed is as it was folded, and the truth that all processes fold is taken"
	derived = "it follows from what is taken"
	fixed   = "it never changes"
	caused  = "it becomes a cause in an envelope, and decides nothing"
	stepped = "it is worth nothing between two steps"
	fresh   = "only that the next is greater than all before it is looked at"
)

// stateRules are of the folded state.
func stateRules() imprint.Rules {
	sequence := ordered(imprint.Sequence)
	return imprint.Rules{
		"cluster.State.Sequence":       sequence,
		"cluster.State.Time":           ignored(shown),
		"cluster.State.Skipped":        ignored(shown),
		"cluster.State.Rejections":     ignored(shown),
		"cluster.State.attributes":     ignored(derived),
		"cluster.State.byID":           {Keys: new(named())},
		"cluster.State.AutomaticKills": ignored("nothing there bounds them"),
		"cluster.State.closed":         ignored(closed),
		"cluster.State.runs":           ignored(derived),
		"cluster.State.closing":        ignored(closed),
		"cluster.State.peeked":         ignored(derived),

		"cluster.State.Rules":    ignored("the text of the policy is taken"),
		"access.State.Last":      sequence,
		"access.Policy.Sequence": ignored(shown),
		"access.Policy.At":       ignored(shown),
		"access.Policy.Hash":     ignored(derived),

		"cluster.Agents.Last":    sequence,
		"cluster.Drain.Sequence": ignored(shown),
		"cluster.Drain.At":       ignored(shown),
		"cluster.Drain.Deadline": future(),
		"cluster.Key.Run":        sequence,

		"cluster.Launcher.Last":            sequence,
		"cluster.Launcher.Epoch":           sequence,
		"cluster.Launcher.Listed":          sequence,
		"cluster.Launcher.Nonce":           named(),
		"cluster.Subscription.Sequence":    sequence,
		"cluster.Subscription.StreamID":    named(),
		"cluster.Subscription.Epoch":       sequence,
		"cluster.Subscription.OpenedAt":    ignored(shown),
		"cluster.Subscription.CloseReason": ignored(shown),

		"cluster.Hearing.sign": past(time.Minute),
		"cluster.silence.from": past(time.Minute),
		"cluster.silence.to":   past(time.Minute),

		"cluster.Job.Run":            sequence,
		"cluster.Job.Spec":           ignored("run and version name it"),
		"cluster.Job.Versions":       ignored("run and version name them"),
		"cluster.Job.SubmittedAt":    ignored(shown),
		"cluster.Job.ChangedAt":      ignored(shown),
		"cluster.Job.StoppedAt":      ignored(shown),
		"cluster.Job.OutcomeAt":      ignored(shown),
		"cluster.Job.OutcomeReason":  ignored(shown),
		"cluster.Job.LastJob":        sequence,
		"cluster.Job.Settled":        sequence,
		"cluster.Job.LastPlan":       sequence,
		"cluster.Job.LastKill":       sequence,
		"cluster.Job.tasks":          ignored(derived),
		"cluster.Job.packed":         ignored(closed),
		"cluster.Job.thinned":        ignored(shown),
		"cluster.Job.queued":         ignored(closed),
		"cluster.Job.doomed":         ignored(derived),
		"cluster.Job.PastRollouts":   ignored(shown),
		"cluster.Job.scales":         ignored("run and version name them"),
		"cluster.Rollout.Began":      sequence,
		"cluster.Rollout.At":         ignored(shown),
		"cluster.Rollout.Progress":   past(11 * time.Minute),
		"cluster.Rollout.EndedAt":    ignored(shown),
		"cluster.Rollout.Reason":     ignored(shown),
		"cluster.Slot.Last":          sequence,
		"cluster.Job.OutcomeSlot":    ignored(shown),
		"cluster.Job.OutcomeAttempt": ignored(shown),

		"cluster.Series.Through": asItIs(),
		"cluster.Series.gone":    ignored("nothing there lasts as long as they are kept"),
		"cluster.Phase.From":     past(3 * time.Minute),
		"cluster.Phase.Schedule": ignored(fixed),
		"cluster.Run.At":         ignored("the name of its job tells it, and of others it is shown"),
		"cluster.Run.From":       ignored(shown),
		"cluster.Run.Why":        ignored(shown),
		"cluster.Run.Sequence":   sequence,
		"cluster.Run.DecidedAt":  ignored("it matters only where all that were missed are made up for one after the other, which nobody asks for there"),
		"cluster.Run.EndedAt":    ignored(shown),
		"cluster.Run.Reason":     ignored(shown),
		"cluster.Parent.At":      ignored("the name of the job tells it"),
		"cluster.Parent.Run":     sequence,
		"cluster.Job.StopReason": ignored(shown),
		"cluster.Task.ID":        named(),
		"cluster.Slot.begun":     sequence,
		"cluster.Slot.cameUp":    sequence,
		"cluster.Slot.LastEnd":   ignored(shown),

		"cluster.Task.Run":              sequence,
		"cluster.Task.Planned":          sequence,
		"cluster.Task.Stale":            sequence,
		"cluster.Task.Returned":         sequence,
		"cluster.Task.CutOff":           past(4 * time.Minute),
		"cluster.Task.UpSince":          past(time.Minute),
		"cluster.Task.UnreachableSince": past(6 * time.Minute),
		"cluster.Task.PlannedAt":        ignored("it orders groups, and there is only one, or room for all"),
		"cluster.Task.NotBefore":        future(),
		"cluster.Task.StagedAt":         ignored(shown),
		"cluster.Task.StartedAt":        ignored(shown),
		"cluster.Task.RunningAt":        ignored("no run is long enough to forgive what was before it"),
		"cluster.Task.EndedAt":          past(10 * time.Minute),
		"cluster.Task.StagedEpoch":      sequence,
		"cluster.Task.StagedBy":         named(),
		"cluster.Task.Offers":           named(),
		"cluster.Task.KilledAt":         past(time.Minute),
		"cluster.Task.KillIssued":       ignored(shown),
		"cluster.Task.Kills":            capped(1),
		"cluster.Task.Sequence":         ignored(caused),
		"cluster.Task.epoch":            sequence,
		"cluster.Task.counter":          ordered(imprint.Counter),
		"cluster.Doom.Sequence":         ignored(caused),
		"cluster.Doom.At":               ignored(shown),
		"cluster.Status.Message":        ignored(shown),
		"cluster.Status.At":             ignored(shown),
	}
}

// launchingRules are of the launcher's machine and of who leads.
func launchingRules() imprint.Rules {
	sequence, ticket, session := ordered(imprint.Sequence), ordered(imprint.Ticket), ordered(imprint.Session)
	byTicket := imprint.Rule{Keys: &ticket, Why: ticket.Why}
	counter := ordered(imprint.Counter)
	return imprint.Rules{
		"launching.Machine.tickets":    ignored(fresh),
		"launching.pending.lines":      ignored(derived),
		"launching.Machine.permits":    ignored(derived),
		"launching.session.named":      ignored("no job there names another"),
		"launching.session.secrets":    ignored("no task there has a secret"),
		"launching.batch.secrets":      ignored("no task there has a secret"),
		"scheduler.Launch.Secrets":     ignored("no task there has a secret"),
		"launching.Machine.incapable":  ignored("no task there has a limit"),
		"launching.Machine.matcher":    ignored("no answer depends on what it remembers"),
		"launching.Machine.verdicts":   ignored("nobody asks for them"),
		"launching.Machine.counter":    counter,
		"launching.Machine.batches":    ignored(fresh),
		"launching.Machine.astray":     ticket,
		"launching.Machine.withdrawAt": future(),
		"launching.Machine.at":         ignored("the wake that it leads to is taken"),
		"launching.Machine.out":        ignored(stepped),

		"leading.Config.Source":        ignored(fixed),
		"leading.Config.Nonce":         named(),
		"leading.Machine.tickets":      ignored(fresh),
		"leading.Machine.append":       ticket,
		"leading.Machine.closing":      ticket,
		"leading.Machine.retryAt":      future(),
		"leading.Machine.failures":     capped(7),
		"leading.Machine.failingSince": past(2 * time.Minute),
		"leading.Machine.session":      session,
		"leading.Machine.epoch":        sequence,
		"leading.Machine.openedAt":     past(20 * time.Second),
		"leading.Machine.trouble":      ignored(shown),
		"leading.Machine.out":          ignored(stepped),
		"leading.Subscribed.Session":   session,
		"leading.Subscribed.StreamID":  named(),

		"launching.session.number":       session,
		"launching.session.epoch":        sequence,
		"launching.session.calls":        byTicket,
		"launching.session.retryAt":      future(),
		"launching.session.matchAt":      future(),
		"launching.session.resolveAt":    future(),
		"launching.session.waitingSince": past(40 * time.Second),
		"launching.call.offers":          named(),
		"scheduler.Accept.OfferIDs":      named(),
		"scheduler.Launch.Run":           sequence,
		"scheduler.Launch.Group":         ignored(fixed),

		"launching.offers.held":      {Keys: new(named())},
		"launching.offers.returned":  {Keys: new(named())},
		"launching.offers.retryAt":   future(),
		"launching.offers.revivedAt": past(40 * time.Second),
		"launching.offers.cameAt":    ignored("it makes verdicts, and nobody asks for them"),
		"offer.Offer.ID":             named(),

		"launching.listing.ticket":  ticket,
		"launching.listing.loss":    sequence,
		"launching.listing.seen":    sequence,
		"launching.listing.told":    sequence,
		"launching.listing.tasks":   ignored(shown),
		"launching.listing.tries":   capped(6),
		"launching.listing.askAt":   future(),
		"launching.listing.trouble": ignored(shown),

		"launching.facts.ticket":  ticket,
		"launching.facts.retryAt": future(),
		"launching.facts.waiting": {Keys: &counter},

		"launching.batch.epoch":      sequence,
		"launching.batch.number":     ignored(fresh),
		"launching.batch.ticket":     ticket,
		"launching.batch.ids":        named(),
		"launching.batch.until":      sequence,
		"placement.Placement.Offers": named(),
		"placement.Placed.Group":     ignored(fixed),

		"launching.Sent.At":      past(15 * time.Second),
		"launching.Sent.Failure": ignored(shown),
		"launching.Sent.Asked":   past(2 * time.Minute),
		"launching.Sent.Tries":   capped(5),
		"launching.round.tries":  capped(6),
		"launching.round.askAt":  future(),
		"launching.round.nextAt": future(),
	}
}

// decidingRules are of the planner's and the reaper's machine.
func decidingRules() imprint.Rules {
	sequence, ticket := ordered(imprint.Sequence), ordered(imprint.Ticket)
	return imprint.Rules{
		"deciding.Machine.policy":      ignored(fixed),
		"deciding.Machine.space":       ignored(fixed),
		"deciding.Machine.source":      ignored(fixed),
		"deciding.Machine.tickets":     ignored(fresh),
		"deciding.Machine.flights":     {Keys: &ticket},
		"deciding.Machine.effects":     ignored(stepped),
		"deciding.agenda.earliest":     future(),
		"deciding.entry[time.Time].at": future(),
		"deciding.entry[github.com/milosgajdos/taurus/internal/core/deciding.sequence].at": sequence,
		"deciding.rest.until":      sequence,
		"deciding.rest.notBefore":  future(),
		"planning.Machine.policy":  ignored(fixed),
		"reaping.senders.tickets":  ignored(fresh),
		"reaping.Target.StreamID":  named(),
		"reaping.kill.sequence":    ignored(shown),
		"reaping.sending.ticket":   ticket,
		"reaping.sending.deadline": future(),
	}
}

// eventRules are of what is on its way into the log.
func eventRules() imprint.Rules {
	sequence := ordered(imprint.Sequence)
	all := imprint.Rules{
		"machine.Append.Ticket":              ordered(imprint.Ticket),
		"machine.Draft.Last":                 sequence,
		"events.Envelope.ID":                 named(),
		"events.Envelope.Time":               ignored(shown),
		"events.Envelope.Cause":              ignored(caused),
		"events.Envelope.Epoch":              sequence,
		"events.Envelope.Counter":            ordered(imprint.Counter),
		"events.TaskStaged.Offers":           named(),
		"events.TaskStaged.TaskID":           named(),
		"events.TaskWithdrawn.TaskID":        named(),
		"events.TaskAdopted.TaskID":          named(),
		"events.TaskStatusChanged.TaskID":    named(),
		"events.TaskStatusChanged.UUID":      named(),
		"events.RunDue.At":                   asItIs(),
		"events.RunDue.From":                 asItIs(),
		"events.RunDue.Reason":               ignored(shown),
		"events.TaskStatusChanged.At":        ignored(shown),
		"events.TaskStatusChanged.Message":   ignored(shown),
		"events.TasksPlanned.NotBefore":      future(),
		"events.TasksPlanned.Reason":         ignored(shown),
		"events.TaskWithdrawn.Reason":        ignored(shown),
		"events.JobFailed.Reason":            ignored(shown),
		"events.RolloutEnded.Began":          sequence,
		"events.RolloutEnded.Reason":         ignored(shown),
		"events.RolloutReverted.Began":       sequence,
		"events.RolloutReverted.Reason":      ignored(shown),
		"events.LauncherElected.Nonce":       named(),
		"events.SubscriptionOpened.StreamID": named(),
		"events.SubscriptionClosed.StreamID": named(),
		"events.SubscriptionClosed.Reason":   ignored(shown),
	}
	for _, name := range []string{
		"RunDue", "ScheduleSteered", "RolloutSteered", "JobScaled", "JobUpdated", "RolloutEnded", "RolloutReverted", "JobStopped", "JobDeleted", "TasksPlanned", "TasksDoomed", "JobCompleted", "JobFailed", "TaskStaged",
		"TaskWithdrawn", "TaskAdopted", "TaskStatusChanged", "KillIssued",
	} {
		all["events."+name+".Run"] = sequence
	}
	return all
}

// worldRules are of the world around the machines.
func worldRules() imprint.Rules {
	sequence, ticket, session := ordered(imprint.Sequence), ordered(imprint.Ticket), ordered(imprint.Session)
	return imprint.Rules{
		"explore.Process.life":   ignored("whether what is on its way is for this life is taken"),
		"explore.Process.ticked": ignored(stepped),
		"explore.Process.wake":   future(),
		"explore.Process.until":  future(),
		"explore.Process.print":  ignored(stepped),
		"explore.sub.session":    session,
		"explore.sub.stream":     named(),

		"explore.Message.life":    ignored("whether it is that of its process is taken"),
		"explore.Message.session": session,
		"explore.Message.stream":  named(),
		"explore.Message.asked":   past(time.Minute),
		"explore.Message.serving": named(),
		"explore.Log.serving":     {Keys: new(named())},
		"explore.Message.until":   future(),
		"explore.Message.print":   ignored(stepped),

		"explore.Mesos.Streams":      ignored(fresh),
		"explore.Mesos.Made":         ignored(fresh),
		"explore.Mesos.print":        ignored(stepped),
		"explore.Stream.ID":          named(),
		"explore.Stream.Life":        ignored("whether it is that of its process is taken"),
		"explore.Stream.Session":     ignored("its id names it"),
		"explore.Filter.Until":       future(),
		"explore.Agent.Until":        future(),
		"explore.Offer.ID":           named(),
		"explore.Task.SentAt":        past(20 * time.Second),
		"explore.Task.Ends":          future(),
		"explore.dueTime.until":      future(),
		"explore.dueTime.since":      past(lasts),
		"explore.Mesos.Asked":        {Keys: new(named())},
		"explore.Mesos.Launched":     {Keys: new(named())},
		"explore.Mesos.Ended":        {Keys: new(named())},
		"explore.Mesos.Refused":      {Keys: new(named())},
		"explore.Log.records":        ignored("what was folded is in the state, what was not is taken"),
		"explore.Log.print":          ignored(stepped),
		"explore.Record.print":       ignored(stepped),
		"cluster.Record.Sequence":    sequence,
		"cluster.Record.Time":        ignored("it is that of the state that folds it"),
		"cluster.Record.Message":     ignored("the event is taken"),
		"explore.scalars.leaseUntil": future(),

		"machine.Appended.Ticket":       ticket,
		"machine.Outcome.Last":          sequence,
		"leading.Subscribe.Session":     session,
		"leading.NotSubscribed.Session": session,
		"leading.Ended.Session":         session,
		"leading.Listen.Session":        session,
		"leading.Close.Session":         session,
		"launching.Offered.Session":     session,
		"launching.Rescinded.Session":   session,
		"launching.Reported.Session":    session,
		"launching.Called.Ticket":       ticket,
		"launching.Listed.Ticket":       ticket,
		"launching.Accept.Ticket":       ticket,
		"launching.Decline.Ticket":      ticket,
		"launching.Decline.OfferIDs":    named(),
		"launching.Revive.Ticket":       ticket,
		"launching.Suppress.Ticket":     ticket,
		"launching.Reconcile.Ticket":    ticket,
		"launching.List.Ticket":         ticket,
		"launching.Rescinded.OfferID":   named(),
		"scheduler.Status.Time":         ignored(shown),
		"scheduler.Status.TaskID":       named(),
		"scheduler.Status.UUID":         named(),
		"scheduler.Launch.TaskID":       named(),
		"scheduler.Launch.Name":         named(),
		"scheduler.TaskAgent.TaskID":    named(),
		"scheduler.TaskRef.TaskID":      named(),
		"launching.Acknowledge.TaskID":  named(),
		"launching.Acknowledge.UUID":    named(),
		"reaping.Kill.TaskID":           named(),
		"scheduler.Status.Message":      ignored(shown),
		"scheduler.TaskRef.Run":         sequence,
		"reaping.Kill.Ticket":           ticket,
		"reaping.Killed.Ticket":         ticket,
	}
}
