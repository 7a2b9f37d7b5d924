// The L2's genesis by op-deployer's own packages, for the addresses and values
// of a deployment that opl2 made:
//
//	deployer-oracle ARTIFACTS CONFIG ADDRESSES ROLLUP OUT
//
// ARTIFACTS is a folder of forge's, CONFIG and ADDRESSES are the deploy config
// of op-node and the artifact of l1_contracts, and of ROLLUP, opl2's
// rollup.json, the L1 block that the L2 starts from is taken. OUT/genesis.json
// and OUT/rollup.json are written.
package main

import (
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"

	"github.com/ethereum-optimism/optimism/op-chain-ops/foundry"
	"github.com/ethereum-optimism/optimism/op-deployer/pkg/deployer/artifacts"
	"github.com/ethereum-optimism/optimism/op-deployer/pkg/deployer/pipeline"
	"github.com/ethereum-optimism/optimism/op-deployer/pkg/deployer/standard"
	"github.com/ethereum-optimism/optimism/op-deployer/pkg/deployer/state"
	"github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/log"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func read(path string, out any) {
	data, err := os.ReadFile(path)
	must(err)
	must(json.Unmarshal(data, out))
}

func write(path string, v any) {
	data, err := json.MarshalIndent(v, "", "  ")
	must(err)
	must(os.WriteFile(path, data, 0o644))
}

func main() {
	var cfg map[string]any
	var at map[string]common.Address
	var ours rollup.Config

	read(os.Args[2], &cfg)
	read(os.Args[3], &at)
	read(os.Args[4], &ours)
	address := func(key string) common.Address {
		return common.HexToAddress(cfg[key].(string))
	}
	number := func(key string) uint64 { return uint64(cfg[key].(float64)) }
	id := common.BigToHash(new(big.Int).SetUint64(number("l2ChainID")))
	gas, err := hexutil.DecodeUint64(cfg["l2GenesisBlockGasLimit"].(string))
	must(err)

	intent := &state.Intent{
		ConfigType: state.IntentTypeCustom,
		L1ChainID:  number("l1ChainID"),
		Chains: []*state.ChainIntent{{
			ID:                         id,
			BaseFeeVaultRecipient:      address("baseFeeVaultRecipient"),
			L1FeeVaultRecipient:        address("l1FeeVaultRecipient"),
			SequencerFeeVaultRecipient: address("sequencerFeeVaultRecipient"),
			OperatorFeeVaultRecipient:  address("operatorFeeVaultRecipient"),
			Eip1559DenominatorCanyon:   number("eip1559DenominatorCanyon"),
			Eip1559Denominator:         number("eip1559Denominator"),
			Eip1559Elasticity:          number("eip1559Elasticity"),
			GasLimit:                   gas,
			Roles: state.ChainRoles{
				L1ProxyAdminOwner: address("finalSystemOwner"),
				L2ProxyAdminOwner: address("proxyAdminOwner"),
				SystemConfigOwner: address("finalSystemOwner"),
				UnsafeBlockSigner: address("p2pSequencerAddress"),
				Batcher:           address("batchSenderAddress"),
				Proposer:          address("l2OutputOracleProposer"),
				Challenger:        address("l2OutputOracleChallenger"),
			},
			DeployOverrides: cfg,
		}},
	}
	if cfg["useCustomGasToken"] == true {
		liquidity, err := hexutil.DecodeBig(cfg["nativeAssetLiquidityAmount"].(string))
		must(err)
		intent.Chains[0].CustomGasToken = state.CustomGasToken{
			Name:                     cfg["gasPayingTokenName"].(string),
			Symbol:                   cfg["gasPayingTokenSymbol"].(string),
			InitialLiquidity:         (*hexutil.Big)(liquidity),
			LiquidityControllerOwner: address("liquidityControllerOwner"),
		}
	}
	chain := &state.ChainState{
		ID: id,
		StartBlock: &state.L1BlockRefJSON{
			Hash:   ours.Genesis.L1.Hash,
			Number: hexutil.Uint64(ours.Genesis.L1.Number),
			Time:   hexutil.Uint64(ours.Genesis.L2Time),
		},
	}
	chain.L1CrossDomainMessengerProxy = at["L1CrossDomainMessengerProxy"]
	chain.L1StandardBridgeProxy = at["L1StandardBridgeProxy"]
	chain.L1Erc721BridgeProxy = at["L1ERC721BridgeProxy"]
	chain.SystemConfigProxy = at["SystemConfigProxy"]
	chain.OptimismPortalProxy = at["OptimismPortalProxy"]
	st := &state.State{Version: 1, Chains: []*state.ChainState{chain}}

	contracts := os.DirFS(os.Args[1]).(foundry.StatDirFs)
	env := &pipeline.Env{
		Deployer: standard.PlaceholderAddress,
		Logger:   log.NewLogger(log.DiscardHandler()),
	}
	must(pipeline.GenerateL2Genesis(env, intent,
		artifacts.Bundle{L1: contracts, L2: contracts}, st, id))
	genesis, config, err := pipeline.RenderGenesisAndRollup(st, id, intent)
	must(err)
	write(filepath.Join(os.Args[5], "genesis.json"), genesis)
	write(filepath.Join(os.Args[5], "rollup.json"), config)
}
