// SPDX-License-Identifier: MIT
pragma solidity 0.8.15;

import { Published } from "./Published.sol";

contract L2Genesis is Published {
    function _artifact() internal pure override returns (string memory) {
        return "artifacts/L2Genesis.s.sol/L2Genesis.json";
    }
}
