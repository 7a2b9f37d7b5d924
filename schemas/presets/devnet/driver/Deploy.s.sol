// SPDX-License-Identifier: MIT
pragma solidity 0.8.15;

import { Published } from "./Published.sol";

contract Deploy is Published {
    function _artifact() internal pure override returns (string memory) {
        return "artifacts/Deploy.s.sol/Deploy.json";
    }
}
