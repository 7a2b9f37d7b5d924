//go:build tools

// Package l1 names the program whose modules go.mod and go.sum pin. Modules
// that the programs of the L2 have in a newer version have that here, too, so
// that they are compiled once.
package l1

import _ "github.com/ethereum/go-ethereum/cmd/geth"
