package mesos

func newZooKeeper(cfg Config) (detector, error) {
	return nil, &ConfigError{Field: "master", Reason: "zk"}
}
