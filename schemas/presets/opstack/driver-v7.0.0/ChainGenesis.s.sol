// SPDX-License-Identifier: MIT
pragma solidity 0.8.15;

import { Vm } from "forge-std/Vm.sol";
import { L2Genesis } from "scripts/L2Genesis.s.sol";
import { DeployConfig } from "scripts/deploy/DeployConfig.s.sol";

/// @notice The predeployed contracts of the L2 at the newest fork that the
///         deploy config has at genesis, as op-contracts/v7.0.0 makes them.
contract ChainGenesis {
    Vm private constant vm =
        Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function runWithStateDump() external {
        DeployConfig cfg = new DeployConfig();
        L2Genesis script = new L2Genesis();

        cfg.read(vm.envString("DEPLOY_CONFIG_PATH"));
        script.run(input(cfg));
        forget(address(script));
        forget(address(cfg));
        vm.dumpState(vm.envString("STATE_DUMP_PATH"));
    }

    function input(DeployConfig cfg)
        private
        view
        returns (L2Genesis.Input memory i)
    {
        string memory l1 =
            vm.readFile(vm.envString("CONTRACT_ADDRESSES_PATH"));

        i.l1ChainID = cfg.l1ChainID();
        i.l2ChainID = cfg.l2ChainID();
        i.l1CrossDomainMessengerProxy =
            payable(vm.parseJsonAddress(l1, ".L1CrossDomainMessengerProxy"));
        i.l1StandardBridgeProxy =
            payable(vm.parseJsonAddress(l1, ".L1StandardBridgeProxy"));
        i.l1ERC721BridgeProxy =
            payable(vm.parseJsonAddress(l1, ".L1ERC721BridgeProxy"));
        i.opChainProxyAdminOwner = cfg.proxyAdminOwner();
        i.sequencerFeeVaultRecipient = cfg.sequencerFeeVaultRecipient();
        i.sequencerFeeVaultMinimumWithdrawalAmount =
            cfg.sequencerFeeVaultMinimumWithdrawalAmount();
        i.sequencerFeeVaultWithdrawalNetwork =
            cfg.sequencerFeeVaultWithdrawalNetwork();
        i.baseFeeVaultRecipient = cfg.baseFeeVaultRecipient();
        i.baseFeeVaultMinimumWithdrawalAmount =
            cfg.baseFeeVaultMinimumWithdrawalAmount();
        i.baseFeeVaultWithdrawalNetwork = cfg.baseFeeVaultWithdrawalNetwork();
        i.l1FeeVaultRecipient = cfg.l1FeeVaultRecipient();
        i.l1FeeVaultMinimumWithdrawalAmount =
            cfg.l1FeeVaultMinimumWithdrawalAmount();
        i.l1FeeVaultWithdrawalNetwork = cfg.l1FeeVaultWithdrawalNetwork();
        i.operatorFeeVaultRecipient = cfg.operatorFeeVaultRecipient();
        i.operatorFeeVaultMinimumWithdrawalAmount =
            cfg.operatorFeeVaultMinimumWithdrawalAmount();
        i.operatorFeeVaultWithdrawalNetwork =
            cfg.operatorFeeVaultWithdrawalNetwork();
        i.useCustomGasToken = cfg.useCustomGasToken();
        i.gasPayingTokenName = cfg.gasPayingTokenName();
        i.gasPayingTokenSymbol = cfg.gasPayingTokenSymbol();
        i.nativeAssetLiquidityAmount = cfg.nativeAssetLiquidityAmount();
        i.liquidityControllerOwner = cfg.liquidityControllerOwner();
        i.enableGovernance = cfg.enableGovernance();
        i.governanceTokenOwner = cfg.governanceTokenOwner();
        i.fork = uint256(cfg.fork());
    }

    /// @dev The scripts are no part of the chain.
    function forget(address a) private {
        vm.etch(a, "");
        vm.resetNonce(a);
        vm.deal(a, 0);
    }
}
