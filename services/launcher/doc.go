// Package launcher owns the Mesos subscription: it is elected, subscribes,
// matches offers with waiting tasks, and records what Mesos reports.
//
// One launcher is active per framework; others fold the log, warm, and take
// over. Three things keep two of them from doing harm, and a lease that saves
// work is not among them: Mesos cuts the older subscription of a framework id
// and refuses its stream id; a slot's expected last sequence lets one TaskStaged
// win; and the epoch in every launcher event lets the fold ignore those of a
// launcher that had been replaced.
//
// All state is owned by one goroutine (loop.go). What takes time runs beside it
// and comes back as a message: appends of decisions one batch at a time, appends
// of facts one after the other, ordered calls to Mesos through a lane that keeps
// their order, acknowledgements over a pool. Nothing is acted upon before it was
// folded: ACCEPT follows the folded TaskStaged, ACKNOWLEDGE the folded status,
// and no event of a subscription is looked at before its SubscriptionOpened was
// folded.
//
// After a crash at any point: staged tasks without a status are resolved by
// DECLINE and RECONCILE, statuses that were not acknowledged come again, and
// offers die with the subscription.
package launcher
