// Command mesosim is an embedded Mesos: "mesosim master", "mesosim agent" and
// "mesosim cluster".
package main
