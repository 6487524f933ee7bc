// Streamlit calls this on every run of the page: the first call opens the player, later calls update it.

import {CodingPlayer} from "./coding_player.js";

const codingPlayers = new WeakMap();

export default function show({parentElement, data, setStateValue}) {
  const root = parentElement.querySelector(".player");
  const player = codingPlayers.get(root) ?? new CodingPlayer(root, setStateValue);
  codingPlayers.set(root, player);
  player.send = setStateValue;
  player.update(data);
  // Streamlit also calls this for superseded runs, while the player is still on the page.
  return () => setTimeout(() => root.isConnected || player.close(), 0);
}
