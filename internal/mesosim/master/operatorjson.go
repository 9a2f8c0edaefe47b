package master

import (
	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/master"

	"github.com/milosgajdos/taurus/internal/mesosim/master/core"
	"github.com/milosgajdos/taurus/internal/mesosim/wire"
)

// newCodec returns a codec whose JSON has what that of the operator API has beyond
// the messages of mesos-go (7.1): fields that they lack, and lists that are written
// when empty.
func newCodec() *wire.Codec {
	return wire.NewCodec(
		wire.Extend(&master.Response_GetFrameworks_Framework{}, offerConstraints),
		wire.Extend(&mesos.AgentInfo{}, func(any) string { return `"checkpoint":true` }),
		wire.Keep(&master.Response_GetAgents{}, "agents", "recovered_agents"),
		wire.Keep(&master.Response_GetFrameworks{}, "frameworks", "completed_frameworks"),
		wire.Keep(&master.Response_GetTasks{}, "tasks", "unreachable_tasks", "completed_tasks"),
		wire.Keep(&master.Response_GetExecutors{}, "executors"),
	)
}

// offerConstraints are always written in listings. They are not in events, where
// a framework that was not removed has a time of removal, which is zero.
func offerConstraints(msg any) string {
	f, ok := msg.(*master.Response_GetFrameworks_Framework)
	if !ok || f.UnregisteredTime != nil && f.UnregisteredTime.Nanoseconds == 0 {
		return ""
	}
	return `"offer_constraints":{}`
}

// The time at which the Mesos of the recorded exchanges was built.
const (
	buildDate = "2026-11-23 06:59:46"
	buildTime = 1795417186.0
)

func versionInfo() mesos.VersionInfo {
	date, at, user := buildDate, buildTime, ""
	return mesos.VersionInfo{Version: core.Version, BuildDate: &date, BuildTime: &at, BuildUser: &user}
}
