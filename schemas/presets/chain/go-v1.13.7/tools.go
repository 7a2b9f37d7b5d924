//go:build tools

// Package opstack names the programs whose modules go.mod and go.sum pin.
package opstack

import (
	_ "github.com/ethereum-optimism/optimism/cannon"
	_ "github.com/ethereum-optimism/optimism/op-alt-da/cmd/daserver"
	_ "github.com/ethereum-optimism/optimism/op-batcher/cmd"
	_ "github.com/ethereum-optimism/optimism/op-challenger/cmd"
	_ "github.com/ethereum-optimism/optimism/op-node/cmd"
	_ "github.com/ethereum-optimism/optimism/op-program/client/cmd"
	_ "github.com/ethereum-optimism/optimism/op-program/host/cmd"
	_ "github.com/ethereum-optimism/optimism/op-proposer/cmd"
	_ "github.com/ethereum/go-ethereum/cmd/geth"
)
