// SPDX-License-Identifier: MIT
pragma solidity 0.8.15;

import { Vm } from "forge-std/Vm.sol";
import { DeployConfig } from "scripts/deploy/DeployConfig.s.sol";
import { DeployImplementations } from "scripts/deploy/DeployImplementations.s.sol";
import { DeployOPChain } from "scripts/deploy/DeployOPChain.s.sol";
import { DeploySuperchain } from "scripts/deploy/DeploySuperchain.s.sol";
import { Types } from "scripts/libraries/Types.sol";
import { Claim, Duration, GameType } from "src/dispute/lib/Types.sol";

/// @notice Runs the three deployment scripts of op-contracts/v7.0.0 one after
///         another, with the values of the deploy config. The scripts are
///         called by delegatecall, so that the sender of each transaction is
///         the account that forge was given.
contract DeployChain {
    Vm private constant vm =
        Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    /// @dev OPCM accepts no other game at first.
    uint32 private constant PERMISSIONED = 1;
    /// @dev The version of MIPS64 that these contracts support.
    uint256 private constant MIPS_VERSION = 8;

    DeployConfig private immutable cfg = new DeployConfig();

    function run() external {
        cfg.read(vm.envString("DEPLOY_CONFIG_PATH"));
        DeploySuperchain.Output memory s = superchain();
        DeployImplementations.Output memory i = implementations(s);
        DeployOPChain.Output memory c = chain(s, i);
        write(s, i, c);
    }

    function superchain()
        private
        returns (DeploySuperchain.Output memory)
    {
        DeploySuperchain script = new DeploySuperchain();
        DeploySuperchain.Input memory input = DeploySuperchain.Input({
            guardian: cfg.superchainConfigGuardian(),
            protocolVersionsOwner: cfg.finalSystemOwner(),
            superchainProxyAdminOwner: cfg.finalSystemOwner(),
            paused: false,
            recommendedProtocolVersion: version(
                cfg.recommendedProtocolVersion()
            ),
            requiredProtocolVersion: version(cfg.requiredProtocolVersion())
        });
        return abi.decode(
            perform(address(script), abi.encodeCall(script.run, (input))),
            (DeploySuperchain.Output)
        );
    }

    function implementations(DeploySuperchain.Output memory s)
        private
        returns (DeployImplementations.Output memory)
    {
        DeployImplementations script = new DeployImplementations();
        DeployImplementations.Input memory input;
        input.withdrawalDelaySeconds = cfg.faultGameWithdrawalDelay();
        input.minProposalSizeBytes = cfg.preimageOracleMinProposalSize();
        input.challengePeriodSeconds = cfg.preimageOracleChallengePeriod();
        input.proofMaturityDelaySeconds = cfg.proofMaturityDelaySeconds();
        input.disputeGameFinalityDelaySeconds =
            cfg.disputeGameFinalityDelaySeconds();
        input.mipsVersion = MIPS_VERSION;
        input.faultGameV2MaxGameDepth = cfg.faultGameMaxDepth();
        input.faultGameV2SplitDepth = cfg.faultGameSplitDepth();
        input.faultGameV2ClockExtension = cfg.faultGameClockExtension();
        input.faultGameV2MaxClockDuration = cfg.faultGameMaxClockDuration();
        input.superchainConfigProxy = s.superchainConfigProxy;
        input.protocolVersionsProxy = s.protocolVersionsProxy;
        input.superchainProxyAdmin = s.superchainProxyAdmin;
        input.l1ProxyAdminOwner = cfg.finalSystemOwner();
        input.challenger = cfg.l2OutputOracleChallenger();
        return abi.decode(
            perform(address(script), abi.encodeCall(script.run, (input))),
            (DeployImplementations.Output)
        );
    }

    function chain(
        DeploySuperchain.Output memory s,
        DeployImplementations.Output memory i
    )
        private
        returns (DeployOPChain.Output memory)
    {
        DeployOPChain script = new DeployOPChain();
        Types.DeployOPChainInput memory input;
        input.opChainProxyAdminOwner = cfg.finalSystemOwner();
        input.systemConfigOwner = cfg.finalSystemOwner();
        input.batcher = cfg.batchSenderAddress();
        input.unsafeBlockSigner = cfg.p2pSequencerAddress();
        input.proposer = cfg.l2OutputOracleProposer();
        input.challenger = cfg.l2OutputOracleChallenger();
        input.basefeeScalar = cfg.basefeeScalar();
        input.blobBaseFeeScalar = cfg.blobbasefeeScalar();
        input.l2ChainId = cfg.l2ChainID();
        input.opcm = address(i.opcmV2);
        // Another salt is another chain at other addresses.
        input.saltMixer = vm.envString("IMPL_SALT");
        input.gasLimit = uint64(cfg.l2GenesisBlockGasLimit());
        input.disputeGameType = GameType.wrap(PERMISSIONED);
        input.disputeAbsolutePrestate =
            Claim.wrap(bytes32(cfg.faultGameAbsolutePrestate()));
        input.disputeMaxGameDepth = cfg.faultGameMaxDepth();
        input.disputeSplitDepth = cfg.faultGameSplitDepth();
        input.disputeClockExtension =
            Duration.wrap(uint64(cfg.faultGameClockExtension()));
        input.disputeMaxClockDuration =
            Duration.wrap(uint64(cfg.faultGameMaxClockDuration()));
        input.operatorFeeScalar =
            uint32(number(".gasPriceOracleOperatorFeeScalar"));
        input.operatorFeeConstant =
            uint64(number(".gasPriceOracleOperatorFeeConstant"));
        input.superchainConfig = s.superchainConfigProxy;
        input.useCustomGasToken = cfg.useCustomGasToken();
        return abi.decode(
            perform(address(script), abi.encodeCall(script.run, (input))),
            (DeployOPChain.Output)
        );
    }

    /// @dev The names are those of the older deployment scripts.
    function write(
        DeploySuperchain.Output memory s,
        DeployImplementations.Output memory i,
        DeployOPChain.Output memory c
    )
        private
    {
        string memory o = "addresses";
        put(o, "SuperchainConfigProxy", address(s.superchainConfigProxy));
        put(o, "ProtocolVersionsProxy", address(s.protocolVersionsProxy));
        put(o, "OPContractsManager", address(i.opcmV2));
        put(o, "ProxyAdmin", address(c.opChainProxyAdmin));
        put(o, "AddressManager", address(c.addressManager));
        put(o, "L1ERC721BridgeProxy", address(c.l1ERC721BridgeProxy));
        put(o, "SystemConfigProxy", address(c.systemConfigProxy));
        put(
            o,
            "OptimismMintableERC20FactoryProxy",
            address(c.optimismMintableERC20FactoryProxy)
        );
        put(o, "L1StandardBridgeProxy", address(c.l1StandardBridgeProxy));
        put(
            o,
            "L1CrossDomainMessengerProxy",
            address(c.l1CrossDomainMessengerProxy)
        );
        put(o, "OptimismPortalProxy", address(c.optimismPortalProxy));
        put(o, "ETHLockboxProxy", address(c.ethLockboxProxy));
        put(o, "DisputeGameFactoryProxy", address(c.disputeGameFactoryProxy));
        put(
            o, "AnchorStateRegistryProxy", address(c.anchorStateRegistryProxy)
        );
        put(o, "PermissionedDisputeGame", address(c.permissionedDisputeGame));
        vm.writeJson(
            put(
                o,
                "DelayedWETHProxy",
                address(c.delayedWETHPermissionedGameProxy)
            ),
            vm.envString("DEPLOYMENT_OUTFILE")
        );
    }

    function put(
        string memory object,
        string memory name,
        address value
    )
        private
        returns (string memory)
    {
        return vm.serializeAddress(object, name, value);
    }

    function number(string memory key) private view returns (uint256) {
        string memory json =
            vm.readFile(vm.envString("DEPLOY_CONFIG_PATH"));

        return vm.parseJsonUint(json, key);
    }

    /// @dev The script refuses zero, which says nothing to nodes; neither
    ///      does one.
    function version(uint256 v) private pure returns (bytes32) {
        return bytes32(v == 0 ? 1 : v);
    }

    function perform(
        address script,
        bytes memory data
    )
        private
        returns (bytes memory)
    {
        (bool ok, bytes memory result) = script.delegatecall(data);

        if (!ok) {
            assembly {
                revert(add(result, 0x20), mload(result))
            }
        }
        return result;
    }
}
