package command

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/milosgajdos/taurus/internal/mesosim/master/core"
)

// compatible makes a command take what Mesos' program of its kind takes: flags that
// mean nothing here, old names, --no- before the name of a boolean, --version. A
// flag that is not taken would change what frameworks see: it is an error.
func compatible(cmd *cobra.Command, ignored, old string) {
	f := cmd.Flags()
	for name := range strings.FieldsSeq(ignored) {
		f.String(name, "", "taken for compatibility with Mesos; ignored")
		f.Lookup(name).NoOptDefVal = "true"
		f.Lookup(name).Hidden = true
	}
	f.VisitAll(func(flag *pflag.Flag) {
		if flag.NoOptDefVal == "true" {
			no := f.VarPF(&negation{flags: f, name: flag.Name}, "no-"+flag.Name, "", "")
			no.NoOptDefVal, no.Hidden = "true", true
		}
	})
	names := map[string]string{}
	for pair := range strings.FieldsSeq(old) {
		was, is, _ := strings.Cut(pair, ":")
		names[was] = is
	}
	f.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		base, no := strings.CutPrefix(name, "no-")
		if is := names[base]; is != "" {
			base = is
		}
		if no {
			base = "no-" + base
		}
		return pflag.NormalizedName(base)
	})
	cmd.Version = core.Version
	cmd.SetVersionTemplate("mesos {{.Version}}\n")
}

// negation is --no-<name>.
type negation struct {
	flags *pflag.FlagSet
	name  string
}

// String implements pflag.Value.
func (*negation) String() string { return "" }

// Type implements pflag.Value.
func (*negation) Type() string { return "bool" }

// Set implements pflag.Value.
func (n *negation) Set(string) error { return n.flags.Set(n.name, "false") }

const ignoredByAll = `advertise_ip advertise_port external_log_file hostname_lookup http_authenticators initialize_driver_logging
	ip_discovery_command log_dir logbufsecs memory_profiling quiet zk_session_timeout`

const ignoredByMaster = ignoredByAll + `
	allocator_agent_recovery_factor allocator_recovery_timeout authenticate_frameworks authentication_v0_timeout
	authenticators cluster framework_sorter http_framework_authenticators log_auto_initialize offer_constraints_re2_max_mem
	offer_constraints_re2_max_program_size publish_per_framework_metrics quorum recovery_agent_removal_limit registry
	registry_fetch_timeout registry_store_timeout
	registry_strict role_sorter webui_dir`

const oldOfMaster = `authenticate:authenticate_frameworks authenticate_http:authenticate_http_readwrite authenticate_slaves:authenticate_agents
	max_slave_ping_timeouts:max_agent_ping_timeouts recovery_slave_removal_limit:recovery_agent_removal_limit
	slave_ping_timeout:agent_ping_timeout slave_reregister_timeout:agent_reregister_timeout user_sorter:role_sorter`

const ignoredByAgent = ignoredByAll + `
	agent_features agent_subsystems appc_simple_discovery_uri_prefix appc_store_dir authenticatee authentication_backoff_factor
	authentication_timeout_max authentication_timeout_min cgroups_cpu_enable_pids_and_tids_count cgroups_destroy_timeout
	cgroups_enable_cfs cgroups_hierarchy cgroups_limit_swap cgroups_net_cls_primary_handle cgroups_net_cls_secondary_handles
	cgroups_root container_disk_watch_interval container_logger container_ports_isolated_range container_ports_watch_interval
	check_agent_port_range_only csi_plugin_config_dir default_container_shm_size disallow_sharing_agent_ipc_namespace
	disallow_sharing_agent_pid_namespace disk_watch_interval docker docker_config docker_ignore_runtime docker_kill_orphans
	docker_mesos_image docker_registry docker_remove_delay docker_socket docker_store_dir docker_volume_checkpoint_dir
	docker_volume_chown domain_socket_location enforce_container_disk_quota enforce_container_ports
	executor_reregistration_retry_interval executor_reregistration_timeout fetcher_cache_dir fetcher_cache_size
	fetcher_stall_timeout frameworks_home gc_disk_headroom gc_non_executor_container_sandboxes hadoop_home
	host_path_volume_force_creation http_command_executor http_executor_domain_sockets http_heartbeat_interval image_gc_config
	image_providers image_provisioner_backend ip6 ip6_discovery_command isolation launcher launcher_dir
	max_completed_executors_per_framework network_cni_config_dir network_cni_metrics network_cni_plugins_dir
	network_cni_root_dir_persist oversubscribed_resources_interval perf_duration perf_events perf_interval
	qos_correction_interval_min reconfiguration_policy recover recovery_timeout revocable_cpu_low_priority runtime_dir
	sandbox_directory seccomp_config_dir seccomp_profile_name strict switch_user systemd_enable_support systemd_runtime_directory
	volume_gid_range xfs_kill_containers xfs_project_range xfs_quota_headroom`

const oldOfAgent = "slave_subsystems:agent_subsystems"
