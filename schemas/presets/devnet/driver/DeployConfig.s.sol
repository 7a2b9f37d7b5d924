// SPDX-License-Identifier: MIT
pragma solidity 0.8.15;

import { Place, Stand } from "./Published.sol";

/// @notice The scripts look DeployConfig up by name in the project.
contract DeployConfig is Stand {
    function _at() internal pure override returns (address) {
        return Place.CONFIG;
    }
}
