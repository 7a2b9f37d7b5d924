//go:build tools

// Package l1 names the program whose modules go.mod and go.sum pin.
package l1

import _ "github.com/ethereum/go-ethereum/cmd/geth"
