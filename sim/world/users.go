package world

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
)

// Ask is a user's command and what became of it.
type Ask struct {
	Ticket  uint64
	Process int
	Life    uint64
	Job     string
	Command submission.Command
	// Agents is a command about agents, in place of Command.
	Agents submission.AgentCommand
	// Access is a command about who may do what, in place of Command.
	Access   access.Command
	Answered bool
	Answer   commanding.Answer
}

// Ask gives a commander a user's command.
func (w *World) Ask(process int, id string, c submission.Command) *Ask {
	return w.asked(&Ask{Process: process, Job: id, Command: c})
}

// Leave has the user of a command go away.
func (w *World) Leave(a *Ask) {
	w.send(&Message{
		To: ToProcess, Process: a.Process, Life: a.Life, Body: commanding.Abandoned{Ticket: a.Ticket, Err: errDeadline},
	})
}

func (w *World) answered(process int, e commanding.Answer) {
	w.checkAnswer(process, e)
	a := w.Asks[e.Ticket-1]
	if a.Answered {
		w.violate("%s answers command %d twice", w.Processes[process].Name, e.Ticket)
	}
	a.Answered, a.Answer = true, e
}

// patience is how long Command waits for its answer.
const patience = 30 * time.Second

// Command asks the first commander that runs and lets time pass until it has
// answered.
func (w *World) Command(id string, c submission.Command) error {
	return w.await(func(process int) *Ask { return w.Ask(process, id, c) })
}

func (w *World) await(ask func(process int) *Ask) error {
	for i, p := range w.Processes {
		if p.Role != "commander" || !p.Alive {
			continue
		}
		a := ask(i)
		for end := w.Now.Add(patience); !a.Answered && w.Now.Before(end); {
			w.Pass(0)
			if next := w.NextTimer(); !a.Answered {
				w.Pass(max(0, min(next.Sub(w.Now), time.Second)))
			}
		}
		if !a.Answered {
			return errDeadline
		}
		return a.Answer.Err
	}
	return failure("no commander runs")
}

// Submit submits a job.
func (w *World) Submit(spec *job.Spec) error {
	c, err := Submission(spec)
	if err != nil {
		return err
	}
	return w.Command(spec.ID, c)
}

// Submission is the command that submits a job.
func Submission(spec *job.Spec) (submission.Submit, error) {
	spec.Normalise()
	data, err := spec.JSON()
	return submission.Submit{Spec: data}, err
}
