package cron

// ZoneNames are the names of all zones.
func ZoneNames() (names []string) {
	eachZone(func(name, _ string) bool {
		names = append(names, name)
		return true
	})
	return names
}
