// SPDX-License-Identifier: Apache-2.0

import Balancing
import Configuration
import Control
import Delivery
import Reception
import Spooling
import Statistics

@main
enum Main {
    static func main() {}
}
