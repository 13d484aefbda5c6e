"""From voxels to labels by a neural network, without ever holding classes times voxels in memory.

``recipe`` says what is to be done, ``preparing`` makes the network's input, ``sliding`` and ``blending`` run the
network over it, ``way_back`` brings labels to the image's own grid. Only the worker process imports these modules.
"""
