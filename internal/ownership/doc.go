// Package ownership shares the partitions of the log out among the replicas of a
// role.
//
//	Members.Join  <-- every replica keeps itself listed
//	Members.List  --> members --Owner, for each partition--> Partitions, Changed
//
// Each replica joins the members of its role and computes by itself, from the
// list of them, which partitions are its own: that of the highest hash of
// partition and member (rendezvous hashing: Thaler and Ravishankar, "Using
// name-based mappings to increase hit rates", 1998). When a member goes, only
// its partitions move, spread over those that stay.
//
// It saves work and guards nothing: lists are old by seconds and differ between
// replicas for as long, so a partition may have two owners or none. What keeps
// decisions single is the expectation of their append. A replica that cannot see
// itself on a list owns everything.
package ownership
