// SPDX-License-Identifier: MIT
pragma solidity 0.8.15;

interface Cheats {
    function allowCheatcodes(address who) external;
    function etch(address where, bytes calldata code) external;
    function getDeployedCode(string calldata artifact)
        external
        view
        returns (bytes memory);
}

/// @notice Where the published code is put, the same in every script.
library Place {
    address internal constant CONFIG =
        address(uint160(uint256(keccak256("real.deployconfig"))));
    address internal constant SCRIPT =
        address(uint160(uint256(keccak256("real.script"))));
}

/// @notice Runs whatever is called at another address, as itself.
abstract contract Stand {
    function _at() internal pure virtual returns (address);

    function _run() internal {
        address target = _at();
        assembly {
            calldatacopy(0, 0, calldatasize())
            let ok := delegatecall(gas(), target, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            switch ok
            case 0 { revert(0, returndatasize()) }
            default { return(0, returndatasize()) }
        }
    }

    fallback() external payable {
        _run();
    }
}

/// @notice A forge script that is published as compiled code only. forge sees
///         this contract; every call runs the published code in its place, so
///         that the sender and the broadcast stay as they are.
abstract contract Published is Stand {
    bool public IS_SCRIPT = true;

    function _artifact() internal pure virtual returns (string memory);

    function _at() internal pure override returns (address) {
        return Place.SCRIPT;
    }

    function setUp() public {
        Cheats vm = Cheats(
            address(uint160(uint256(keccak256("hevm cheat code"))))
        );
        vm.etch(
            Place.CONFIG,
            vm.getDeployedCode("artifacts/DeployConfig.s.sol/DeployConfig.json")
        );
        vm.allowCheatcodes(Place.CONFIG);
        vm.etch(Place.SCRIPT, vm.getDeployedCode(_artifact()));
        vm.allowCheatcodes(Place.SCRIPT);
        _run();
    }

    function run() public {
        _run();
    }

    function runWithStateDump() public {
        _run();
    }
}
