// Package vault gets secrets from the key-value store (version 2) of HashiCorp Vault or OpenBao.
package vault
