"""The child process of `gateway.broker`: rumqttd with one TOML file, for as long as the parent lives.

Enters: the path of the TOML. Leaves: listening ports. Never: in the platform's own process: it cannot be stopped there.
"""

import logging
import sys

from iotcore import IotCoreBroker

from gateway.child_server import leave_with_the_parent


def main(config: str) -> None:
    """Serve until the parent ends; raises OSError when a port of the configuration is taken."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # rumqttd opens an error span for every packet; its lines would be one a message, and name nothing wrong.
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)
    logging.getLogger("tracing").setLevel(logging.CRITICAL)
    leave_with_the_parent()
    broker = IotCoreBroker(config_path=config)
    # Without this look rumqttd goes on with the listeners that it could bind.
    broker.check_ports()
    broker.run_forever()


if __name__ == "__main__":
    main(sys.argv[1])
