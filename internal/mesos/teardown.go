package mesos

import (
	"context"
	"fmt"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/master"
)

// Teardown ends a framework for good: Mesos kills its tasks and never takes its
// id again. The error is ErrFrameworkRemoved if the master does not know it.
func (c *Client) Teardown(ctx context.Context, frameworkID string) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.CallTimeout)
	defer cancel()
	err := lead(ctx, c.detector, func(base string) error {
		_, err := c.operator.fetch(ctx, request{
			call: master.Call_TEARDOWN.String(),
			url:  base + pathOperator,
			msg: &master.Call{
				Type:     master.Call_TEARDOWN,
				Teardown: &master.Call_Teardown{FrameworkID: mesos.FrameworkID{Value: frameworkID}},
			},
		}, errorBodyMax)
		return err
	})
	if err != nil {
		return fmt.Errorf("mesos: tear down %s: %w", frameworkID, err)
	}
	return nil
}
