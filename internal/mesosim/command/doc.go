// Package command is the command line of mesosim: master, agent and cluster,
// with Mesos' own flags, durations and signals. Flags of Mesos that mean nothing
// here are taken and ignored, so that scripts written for Mesos work.
package command
