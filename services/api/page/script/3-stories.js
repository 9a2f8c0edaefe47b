// What Mesos says of Docker, without the command line around it.
function plain(text) {
  return text.replace(/(Failed to launch container: )?Failed to run '\S*docker (-H \S+ )?(\w+) ?([^']*)': exited with status \d+; stderr='(Error response from daemon: )?([^]*?)\s*'\s*$/,
    (all, a, b, verb, rest, c, said) => "docker " + verb + (verb === "pull" ? " " + rest : "") + " failed" + (said && ": " + said));
}
// How something ended; agents word the exit status again, which is left out.
const exit = (d, signal) => (d.exit !== undefined ? " (exit " + d.exit + (signal ? ", " + signal : "") + ")" : "") +
  (d.message && !/^(Container|Command) exited with status \d+$/.test(d.message) ? ": " + plain(d.message) : "");
const because = d => d.reason ? ": " + plain(d.reason) : "", by = e => e.actor ? ", by " + e.actor : "";
const count = d => (n => n + (n === 1 ? " task" : " tasks"))(d.slots.reduce((sum, s) => sum + s.to - s.from + 1, 0));
const slot = d => "slot " + d.slot + (d.attempt > 1 ? " (attempt " + d.attempt + ")" : "");
// Every type of event that is followed, and what it tells in a few words.
const stories = {
  "taurus.job.submitted.v1": (d, e) => "submitted" + by(e),
  "taurus.job.scaled.v1": (d, e) => "group " + d.group + " scaled to " + d.replicas + by(e),
  "taurus.job.updated.v1": (d, e) => "updated to version " + d.version + (d.revert_of ? ", which is version " + d.revert_of + " again" : "") + by(e),
  "taurus.job.restarted.v1": (d, e) => "told to restart" + (d.group ? " group " + d.group : "") + by(e) + because(d),
  "taurus.job.kill_requested.v1": (d, e) => (d.slots ? count(d) : "all tasks") + (d.group ? " of group " + d.group : "") + " to be killed, " +
    (d.version ? "and the group scaled down to " + (d.replicas || 0) : "and started again") + by(e) + because(d),
  "taurus.job.rollout_steered.v1": (d, e) => "rollout of version " + d.version + ": " + d.action + (d.to ? " to version " + d.to : "") + by(e) + because(d),
  "taurus.job.version_tagged.v1": (d, e) => "version " + d.version + (d.tag ? " tagged " + d.tag : " has no tag any more") + by(e),
  "taurus.job.stopped.v1": (d, e) => "told to stop" + by(e) + because(d),
  "taurus.job.deleted.v1": (d, e) => "deleted" + by(e),
  "taurus.plan.tasks_planned.v1": d => count(d) + " of group " + d.group + " planned" + because(d),
  "taurus.plan.tasks_doomed.v1": d => count(d) + " should end" + because(d),
  "taurus.plan.rollout_ended.v1": d => "rollout of version " + d.version + " " + d.outcome + because(d),
  "taurus.plan.rollout_reverted.v1": d => "rollout of version " + d.version + " failed, going back to version " + d.to + because(d),
  "taurus.plan.job_completed.v1": () => "completed",
  "taurus.plan.job_failed.v1": d => "failed" + because(d),
  "taurus.task.staged.v1": d => slot(d) + " launched on " + d.hostname,
  "taurus.task.withdrawn.v1": d => slot(d) + " will not run" + because(d),
  "taurus.task.adopted.v1": d => slot(d) + " found running in Mesos",
  "taurus.task.status_changed.v1": (d, e) => {
    const t = (e.result && e.result.touched || [])[0] || {}, state = d.state.replace(/^TASK_/, "");
    const health = state === "RUNNING" && d.healthy !== undefined ? (d.healthy ? ", healthy" : ", unhealthy") : "";
    return slot(d) + " " + state + (t.class && e.judgement === "counted" ? ", " + t.class.replace(/_/g, " ") : "") + health + exit(d, t.signal);
  },
  "taurus.kill.issued.v1": d => count(d) + " being killed",
  "taurus.launcher.elected.v1": d => "launcher " + d.instance + " took over",
  "taurus.launcher.framework_registered.v1": d => "known to Mesos as framework " + d.framework_id,
  "taurus.launcher.subscription_opened.v1": d => "subscribed to " + d.master,
  "taurus.launcher.subscription_closed.v1": d => "subscription closed" + because(d),
};
