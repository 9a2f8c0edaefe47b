package checks_test

// info is a FrameworkInfo with capabilities.
func info(capabilities ...string) object {
	caps := list{}
	for _, c := range capabilities {
		caps = append(caps, object{"type": c})
	}
	return object{"user": "root", "name": "check", "failover_timeout": 3600.0, "checkpoint": true, "capabilities": caps}
}

// refuse are the filters of an ACCEPT or a DECLINE.
func refuse(seconds float64) object { return object{"refuse_seconds": seconds} }

// maintain is the schedule of an UPDATE_MAINTENANCE_SCHEDULE that takes a machine
// down at once.
func maintain(machine object) object {
	return object{"schedule": object{"windows": list{object{
		"machine_ids": list{machine}, "unavailability": object{"start": object{"nanoseconds": 1}},
	}}}}
}

// idsOf are the ids of offers.
func idsOf(offers ...object) list {
	ids := list{}
	for _, o := range offers {
		ids = append(ids, o["id"])
	}
	return ids
}

// launchOf is the operation that launches tasks.
func launchOf(tasks ...object) object {
	infos := list{}
	for _, t := range tasks {
		infos = append(infos, t)
	}
	return object{"type": "LAUNCH", "launch": object{"task_infos": infos}}
}

func scalar(name string, v float64) object {
	return object{"name": name, "type": "SCALAR", "scalar": object{"value": v}}
}

func ports(from, to int) object {
	return object{"name": "ports", "type": "RANGES", "ranges": object{"range": list{object{"begin": from, "end": to}}}}
}

// small are the resources of a task that says nothing else.
func small() list { return list{scalar("cpus", 0.1), scalar("mem", 32)} }

// task is a command task for an offer.
func task(id string, o object, command string, pairs ...any) object {
	return with(object{
		"name": id, "task_id": object{"value": id}, "agent_id": o["agent_id"], "resources": small(),
		"command": object{"value": command},
	}, pairs...)
}

// idOf is the id of an offer, agentOf that of its agent, cpus how many it has.
func idOf(offer object) string { return text(offer, "id.value") }

func agentOf(offer object) string { return text(offer, "agent_id.value") }

func cpus(offer object) float64 {
	sum := 0.0
	for _, r := range items(offer, "resources") {
		if text(r, "name") == "cpus" {
			sum += number(r, "scalar.value")
		}
	}
	return sum
}
