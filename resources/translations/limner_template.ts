<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1">
<context><name>Actions</name>
<message><source>1 + 3</source><translation/></message>
<message><source>2 × 2</source><translation/></message>
<message><source>A locked segment never changes.</source><translation/></message>
<message><source>A new, empty segment.</source><translation/></message>
<message><source>A plane that faces the viewer; what lies before it is cut away.</source><translation/></message>
<message><source>A torso made by computation.</source><translation/></message>
<message><source>A transfer function about the mean of its values.</source><translation/></message>
<message><source>About Limner</source><translation/></message>
<message><source>Accept structures</source><translation/></message>
<message><source>Accept the result</source><translation/></message>
<message><source>Add a segment</source><translation/></message>
<message><source>Add the segments of a mask file.</source><translation/></message>
<message><source>And back.</source><translation/></message>
<message><source>As a file for other people.</source><translation/></message>
<message><source>As a preset for other images.</source><translation/></message>
<message><source>As it was chosen.</source><translation/></message>
<message><source>As the preset has them.</source><translation/></message>
<message><source>Automatic transfer function</source><translation/></message>
<message><source>Back to the look before.</source><translation/></message>
<message><source>Back to the segment before.</source><translation/></message>
<message><source>Begin afresh on this image.</source><translation/></message>
<message><source>Black as white.</source><translation/></message>
<message><source>Bone window</source><translation/></message>
<message><source>Brain window</source><translation/></message>
<message><source>Bring the undone change back.</source><translation/></message>
<message><source>Brush</source><translation/></message>
<message><source>By its name, or from a file.</source><translation/></message>
<message><source>By its number.</source><translation/></message>
<message><source>By its place.</source><translation/></message>
<message><source>Choose a preset</source><translation/></message>
<message><source>Cinematic in 3D</source><translation/></message>
<message><source>Close</source><translation/></message>
<message><source>Code the segment</source><translation/></message>
<message><source>Copy the picture</source><translation/></message>
<message><source>Crop box</source><translation/></message>
<message><source>Crosshair</source><translation/></message>
<message><source>Crosshair lines</source><translation/></message>
<message><source>Cut at the crosshair</source><translation/></message>
<message><source>Cut away to the segment</source><translation/></message>
<message><source>Dark and dimmed.</source><translation/></message>
<message><source>Dark theme</source><translation/></message>
<message><source>Disc or ball</source><translation/></message>
<message><source>Done, flagged, in progress.</source><translation/></message>
<message><source>Down the list.</source><translation/></message>
<message><source>Drag to change contrast and brightness.</source><translation/></message>
<message><source>Drag to move the image.</source><translation/></message>
<message><source>Encloses others</source><translation/></message>
<message><source>Erase the selected segment.</source><translation/></message>
<message><source>Eraser</source><translation/></message>
<message><source>Every command by name.</source><translation/></message>
<message><source>Everything else becomes a ghost.</source><translation/></message>
<message><source>Everything else is hidden.</source><translation/></message>
<message><source>Everything is saved already.</source><translation/></message>
<message><source>Everything that is proposed.</source><translation/></message>
<message><source>Export a movie</source><translation/></message>
<message><source>Export a picture</source><translation/></message>
<message><source>Export masks</source><translation/></message>
<message><source>Export surfaces</source><translation/></message>
<message><source>Export the look</source><translation/></message>
<message><source>Fill</source><translation/></message>
<message><source>Fill the region that an outline encloses.</source><translation/></message>
<message><source>Find a command</source><translation/></message>
<message><source>Fit</source><translation/></message>
<message><source>For bright rooms.</source><translation/></message>
<message><source>For dim rooms.</source><translation/></message>
<message><source>For this segment alone, about the mean of its values.</source><translation/></message>
<message><source>Forward again.</source><translation/></message>
<message><source>From the image's histogram.</source><translation/></message>
<message><source>From the image's values.</source><translation/></message>
<message><source>Ghost the others in 3D</source><translation/></message>
<message><source>Give it a coded term.</source><translation/></message>
<message><source>Give it another colour.</source><translation/></message>
<message><source>Give it another name.</source><translation/></message>
<message><source>Go to a point of the history</source><translation/></message>
<message><source>Grey values on cuts</source><translation/></message>
<message><source>Images, a zip, or a case.</source><translation/></message>
<message><source>Import masks</source><translation/></message>
<message><source>Import presets</source><translation/></message>
<message><source>In all views.</source><translation/></message>
<message><source>In the active view.</source><translation/></message>
<message><source>In the list.</source><translation/></message>
<message><source>In the slices.</source><translation/></message>
<message><source>Invert</source><translation/></message>
<message><source>Isolate in 3D</source><translation/></message>
<message><source>Larger brush</source><translation/></message>
<message><source>Left panel</source><translation/></message>
<message><source>Less opaque segments</source><translation/></message>
<message><source>Light theme</source><translation/></message>
<message><source>Lock or unlock the segment</source><translation/></message>
<message><source>Lung window</source><translation/></message>
<message><source>Mark the segment</source><translation/></message>
<message><source>Maximise the view</source><translation/></message>
<message><source>Maximum intensity over 0, 10, 20, 40 mm.</source><translation/></message>
<message><source>More opaque segments</source><translation/></message>
<message><source>Move the crosshair of all views.</source><translation/></message>
<message><source>Move the segment down</source><translation/></message>
<message><source>Move the segment up</source><translation/></message>
<message><source>NIfTI, NRRD or MetaImage.</source><translation/></message>
<message><source>New case</source><translation/></message>
<message><source>Next 3D mode</source><translation/></message>
<message><source>Next segment</source><translation/></message>
<message><source>Next slice</source><translation/></message>
<message><source>Next time point</source><translation/></message>
<message><source>Numbers.</source><translation/></message>
<message><source>Of Limner or 3D Slicer.</source><translation/></message>
<message><source>Of a 4D image.</source><translation/></message>
<message><source>Of the 3D view, up to 8K: PNG, TIFF, DICOM.</source><translation/></message>
<message><source>One large view, three small.</source><translation/></message>
<message><source>One view</source><translation/></message>
<message><source>Only slices</source><translation/></message>
<message><source>Open a folder</source><translation/></message>
<message><source>Open files</source><translation/></message>
<message><source>Open the demo study</source><translation/></message>
<message><source>Or open cuts.</source><translation/></message>
<message><source>Other segments lie inside it, like organs in the body.</source><translation/></message>
<message><source>Own transfer function from the values</source><translation/></message>
<message><source>Paint one slice or in 3D.</source><translation/></message>
<message><source>Paint the selected segment.</source><translation/></message>
<message><source>Pan and zoom</source><translation/></message>
<message><source>Pick segment</source><translation/></message>
<message><source>Planes, box and cutaway.</source><translation/></message>
<message><source>Previous segment</source><translation/></message>
<message><source>Previous slice</source><translation/></message>
<message><source>Previous time point</source><translation/></message>
<message><source>Quit</source><translation/></message>
<message><source>Radius + 15 %.</source><translation/></message>
<message><source>Radius − 15 %.</source><translation/></message>
<message><source>Ray casting in 3D</source><translation/></message>
<message><source>Reading-room theme</source><translation/></message>
<message><source>Recolour the segment</source><translation/></message>
<message><source>Redo</source><translation/></message>
<message><source>Redo the look</source><translation/></message>
<message><source>Reject the result</source><translation/></message>
<message><source>Remove all cuts</source><translation/></message>
<message><source>Remove the segment</source><translation/></message>
<message><source>Rename the segment</source><translation/></message>
<message><source>Reset all segments in 3D</source><translation/></message>
<message><source>Right panel</source><translation/></message>
<message><source>Run a model on this image.</source><translation/></message>
<message><source>STL, OBJ, PLY, 3MF or glTF, for printing.</source><translation/></message>
<message><source>Save a copy as</source><translation/></message>
<message><source>Save the look</source><translation/></message>
<message><source>See and change the keys.</source><translation/></message>
<message><source>Segment automatically</source><translation/></message>
<message><source>Segments as surfaces, where 3D shows a volume.</source><translation/></message>
<message><source>Segments filled</source><translation/></message>
<message><source>Segments outlined</source><translation/></message>
<message><source>Select a segment</source><translation/></message>
<message><source>Select segment 1 of the list</source><translation/></message>
<message><source>Select segment 2 of the list</source><translation/></message>
<message><source>Select segment 3 of the list</source><translation/></message>
<message><source>Select segment 4 of the list</source><translation/></message>
<message><source>Select segment 5 of the list</source><translation/></message>
<message><source>Select segment 6 of the list</source><translation/></message>
<message><source>Select segment 7 of the list</source><translation/></message>
<message><source>Select segment 8 of the list</source><translation/></message>
<message><source>Select segment 9 of the list</source><translation/></message>
<message><source>Select the segment under the cursor.</source><translation/></message>
<message><source>Set window and level</source><translation/></message>
<message><source>Settings</source><translation/></message>
<message><source>Shortcuts</source><translation/></message>
<message><source>Show only a box of the image.</source><translation/></message>
<message><source>Show or hide the segment</source><translation/></message>
<message><source>Show or hide.</source><translation/></message>
<message><source>Show the segment in 3D as</source><translation/></message>
<message><source>Show the three planes.</source><translation/></message>
<message><source>Show what has the segment's values</source><translation/></message>
<message><source>Shown, ghost or hidden.</source><translation/></message>
<message><source>Slab</source><translation/></message>
<message><source>Slices in 3D</source><translation/></message>
<message><source>Smaller brush</source><translation/></message>
<message><source>Soft tissue window</source><translation/></message>
<message><source>Solo in 3D</source><translation/></message>
<message><source>Some of what is proposed.</source><translation/></message>
<message><source>Surfaces in 3D</source><translation/></message>
<message><source>Surfaces in the volume</source><translation/></message>
<message><source>Surfaces, ray casting, cinematic.</source><translation/></message>
<message><source>Swap the last two segments</source><translation/></message>
<message><source>Take the last change back.</source><translation/></message>
<message><source>Takes away what lies before it, seen from where the 3D view stands.</source><translation/></message>
<message><source>The 3D view turning round: MP4, or PNG frames.</source><translation/></message>
<message><source>The active view alone.</source><translation/></message>
<message><source>The active view's, to the clipboard.</source><translation/></message>
<message><source>The case is saved already.</source><translation/></message>
<message><source>The case itself is always saved.</source><translation/></message>
<message><source>The case stays as it is.</source><translation/></message>
<message><source>The image in light and shadow, refined while it rests. Not for diagnosis.</source><translation/></message>
<message><source>The image itself, fast, without shadows.</source><translation/></message>
<message><source>The segments as surfaces.</source><translation/></message>
<message><source>The whole image in every view.</source><translation/></message>
<message><source>Three slices and 3D.</source><translation/></message>
<message><source>Three slices, no 3D.</source><translation/></message>
<message><source>Transfer function of the preset</source><translation/></message>
<message><source>Undo</source><translation/></message>
<message><source>Undo or redo to any entry.</source><translation/></message>
<message><source>Undo the look</source><translation/></message>
<message><source>Up the list.</source><translation/></message>
<message><source>Versions and licences.</source><translation/></message>
<message><source>W 1500 L −600.</source><translation/></message>
<message><source>W 1800 L 400.</source><translation/></message>
<message><source>W 400 L 40.</source><translation/></message>
<message><source>W 80 L 40.</source><translation/></message>
<message><source>What is hidden stays hidden.</source><translation/></message>
<message><source>What is set once.</source><translation/></message>
<message><source>Window and level</source><translation/></message>
<message><source>Window from the image</source><translation/></message>
<message><source>With all its series.</source><translation/></message>
<message><source>With its voxels; undo brings it back.</source><translation/></message>
</context>
<context><name>Sentences</name>
<message><source>A case begins with the first change.</source><translation/></message>
<message><source>A copy made by “Save a copy as” may still be whole.</source><translation/></message>
<message><source>A copy was saved as {0}.</source><translation/></message>
<message><source>A file name is needed.</source><translation/></message>
<message><source>A locked segment never changes.</source><translation/></message>
<message><source>A mask holds whole numbers from 0 to 65535; a probability map must be thresholded first.</source><translation/></message>
<message><source>A movie of {0} seconds is not possible.</source><translation/></message>
<message><source>A name is needed.</source><translation/></message>
<message><source>A new name is needed.</source><translation/></message>
<message><source>A new, empty segment.</source><translation/></message>
<message><source>A pair of .hdr and .img must be converted to one .nii first.</source><translation/></message>
<message><source>A part of the mask lies outside the image.</source><translation/></message>
<message><source>A pen's pressure changes the radius.</source><translation/></message>
<message><source>A picture of {0} × {1} pixels cannot be drawn.</source><translation/></message>
<message><source>A plane that faces the viewer; what lies before it is cut away.</source><translation/></message>
<message><source>A preset needs a name of at most 80 letters.</source><translation/></message>
<message><source>A surface needs {0} triangles or more; 0 keeps all.</source><translation/></message>
<message><source>A torso made by computation.</source><translation/></message>
<message><source>A transfer function about the mean of its values.</source><translation/></message>
<message><source>A zoom of {0} makes no sense.</source><translation/></message>
<message><source>Add the segments of a mask file.</source><translation/></message>
<message><source>All are watertight.</source><translation/></message>
<message><source>An .mp4 file, or a folder for PNG frames.</source><translation/></message>
<message><source>An entry of the archive is damaged or encrypted.</source><translation/></message>
<message><source>An entry of the archive is too large to be read from it.</source><translation/></message>
<message><source>As a file for other people.</source><translation/></message>
<message><source>As a preset for other images.</source><translation/></message>
<message><source>As it was chosen.</source><translation/></message>
<message><source>As the preset has them.</source><translation/></message>
<message><source>Ask for the file again.</source><translation/></message>
<message><source>Back to the look before.</source><translation/></message>
<message><source>Back to the segment before.</source><translation/></message>
<message><source>Begin afresh on this image.</source><translation/></message>
<message><source>Black as white.</source><translation/></message>
<message><source>Body, lungs, airways, skeleton and fat of any CT by rules of anatomy; needs no download.</source><translation/></message>
<message><source>Bring the undone change back.</source><translation/></message>
<message><source>By its name, or from a file.</source><translation/></message>
<message><source>By its number.</source><translation/></message>
<message><source>By its place.</source><translation/></message>
<message><source>Changed shortcuts by action.</source><translation/></message>
<message><source>Check that it still exists and may be read.</source><translation/></message>
<message><source>Check that you may read it.</source><translation/></message>
<message><source>Choose a PNG, JPEG, TIFF or Radiance HDR picture, twice as wide as high.</source><translation/></message>
<message><source>Choose a folder further down.</source><translation/></message>
<message><source>Choose a segment that is not empty.</source><translation/></message>
<message><source>Choose another folder.</source><translation/></message>
<message><source>Choose another name.</source><translation/></message>
<message><source>Choose another name; the case is saved already.</source><translation/></message>
<message><source>Choose another size.</source><translation/></message>
<message><source>Choose one by --series ID; `limner info PATH` lists them.</source><translation/></message>
<message><source>Choose one of them.</source><translation/></message>
<message><source>Choose window and level on opening.</source><translation/></message>
<message><source>Click into a view first.</source><translation/></message>
<message><source>Close it there, or open it read-only (--read-only).</source><translation/></message>
<message><source>Close other programs, or open a part of the image.</source><translation/></message>
<message><source>Close other programs, or open it on a computer with more memory.</source><translation/></message>
<message><source>Colours of the window; the views are always black.</source><translation/></message>
<message><source>Convert it to one .mha file.</source><translation/></message>
<message><source>Convert it to one .nrrd file.</source><translation/></message>
<message><source>DELETE FROM checkpoint_blocks WHERE sequence &lt; ?</source><translation/></message>
<message><source>DELETE FROM checkpoints WHERE sequence &lt; ?</source><translation/></message>
<message><source>DICOM pictures have a background.</source><translation/></message>
<message><source>Dark and dimmed.</source><translation/></message>
<message><source>Done, flagged, in progress.</source><translation/></message>
<message><source>Down the list.</source><translation/></message>
<message><source>Drag to change contrast and brightness.</source><translation/></message>
<message><source>Drag to move the image.</source><translation/></message>
<message><source>Entry {0} of this case is damaged.</source><translation/></message>
<message><source>Erase the selected segment.</source><translation/></message>
<message><source>Every command by name.</source><translation/></message>
<message><source>Everything else becomes a ghost.</source><translation/></message>
<message><source>Everything else is hidden.</source><translation/></message>
<message><source>Everything is saved already.</source><translation/></message>
<message><source>Everything that is proposed.</source><translation/></message>
<message><source>Factor on all text and icons.</source><translation/></message>
<message><source>Fewer triangles make turning smoother.</source><translation/></message>
<message><source>Fill the region that an outline encloses.</source><translation/></message>
<message><source>For bright rooms.</source><translation/></message>
<message><source>For dim rooms.</source><translation/></message>
<message><source>For each pixel; a resting picture is refined up to here.</source><translation/></message>
<message><source>For this segment alone, about the mean of its values.</source><translation/></message>
<message><source>Free some space or choose another folder.</source><translation/></message>
<message><source>From 3D Slicer.</source><translation/></message>
<message><source>From cinematic pictures that are not finished yet.</source><translation/></message>
<message><source>From the image's histogram.</source><translation/></message>
<message><source>From the image's values.</source><translation/></message>
<message><source>Give it a coded term.</source><translation/></message>
<message><source>Give it another colour.</source><translation/></message>
<message><source>Give it another name.</source><translation/></message>
<message><source>Give it as name=...</source><translation/></message>
<message><source>Give it as path=...</source><translation/></message>
<message><source>Give them as key=value.</source><translation/></message>
<message><source>How surfaces were exported last.</source><translation/></message>
<message><source>How the last movie was exported.</source><translation/></message>
<message><source>How the last picture was exported.</source><translation/></message>
<message><source>If it is genuine, save it uncompressed and open that.</source><translation/></message>
<message><source>Images, a zip, or a case.</source><translation/></message>
<message><source>Import it, and name one of them.</source><translation/></message>
<message><source>Imported: {0} and {1} more.</source><translation/></message>
<message><source>In all views.</source><translation/></message>
<message><source>In megabytes; larger volumes are reduced. 0 for what the card has.</source><translation/></message>
<message><source>In the active view.</source><translation/></message>
<message><source>In the list.</source><translation/></message>
<message><source>In the slices.</source><translation/></message>
<message><source>Interpolate grey values between voxels.</source><translation/></message>
<message><source>Is the disk full?</source><translation/></message>
<message><source>Is there room for temporary files?</source><translation/></message>
<message><source>It holds an archive: open {0} itself.</source><translation/></message>
<message><source>Its arguments: {0}.</source><translation/></message>
<message><source>Keep the true slice positions, resample to a regular grid, or ask each time.</source><translation/></message>
<message><source>Known are DICOM, NIfTI, NRRD, MetaImage, and zip archives.</source><translation/></message>
<message><source>Known are {0}.</source><translation/></message>
<message><source>Known models: {0}.</source><translation/></message>
<message><source>Leave it out or paint it first.</source><translation/></message>
<message><source>Masks are not written as “{0}”.</source><translation/></message>
<message><source>Maximum intensity over 0, 10, 20, 40 mm.</source><translation/></message>
<message><source>MetaImage cannot hold a grid with sheared axes (gantry tilt).</source><translation/></message>
<message><source>Move the crosshair of all views.</source><translation/></message>
<message><source>Movies are not written as “{0}”.</source><translation/></message>
<message><source>NIfTI, NRRD or MetaImage.</source><translation/></message>
<message><source>NOT watertight: {0}.</source><translation/></message>
<message><source>Name an empty or a new folder.</source><translation/></message>
<message><source>No research file format can hold unevenly spaced slices.</source><translation/></message>
<message><source>No segment is selected.</source><translation/></message>
<message><source>No slice of the series can be read.</source><translation/></message>
<message><source>Noise is removed by a simple filter: {0}.</source><translation/></message>
<message><source>None of these structures is proposed.</source><translation/></message>
<message><source>Not for diagnosis.</source><translation/></message>
<message><source>Of Limner or 3D Slicer.</source><translation/></message>
<message><source>Of a 4D image.</source><translation/></message>
<message><source>Of the 3D view, up to 8K: PNG, TIFF, DICOM.</source><translation/></message>
<message><source>Of the page Look.</source><translation/></message>
<message><source>One large view, three small.</source><translation/></message>
<message><source>One of {0}, or a JSON file.</source><translation/></message>
<message><source>One of {0}.</source><translation/></message>
<message><source>Open it again.</source><translation/></message>
<message><source>Open it read-only? Nothing can be changed then.</source><translation/></message>
<message><source>Open the folder with the image series.</source><translation/></message>
<message><source>Open, see, segment, refine and prove medical volumes.</source><translation/></message>
<message><source>OpenGL could not be tried: {0}.</source><translation/></message>
<message><source>OpenGL did not answer.</source><translation/></message>
<message><source>OpenGL gave no version.</source><translation/></message>
<message><source>OpenGL {0}.{1} or later is missing.</source><translation/></message>
<message><source>Or open cuts.</source><translation/></message>
<message><source>Other segments lie inside it, like organs in the body.</source><translation/></message>
<message><source>PNG and TIFF can do without.</source><translation/></message>
<message><source>Paint one slice or in 3D.</source><translation/></message>
<message><source>Paint the selected segment.</source><translation/></message>
<message><source>Pictures are not written as “{0}”.</source><translation/></message>
<message><source>Planes, box and cutaway.</source><translation/></message>
<message><source>Please report this.</source><translation/></message>
<message><source>PySide6 6.12 and later abort the program on Python 3.11: install PySide6-Essentials 6.11.3, or use Python 3.12.</source><translation/></message>
<message><source>Radius + 15 %.</source><translation/></message>
<message><source>Radius − 15 %.</source><translation/></message>
<message><source>Replace files that are there already?</source><translation/></message>
<message><source>Resample it to this image's grid? Edges may move by half a voxel.</source><translation/></message>
<message><source>Resample with --regular-grid.</source><translation/></message>
<message><source>Run `limner case verify` on it.</source><translation/></message>
<message><source>Run a model on this image.</source><translation/></message>
<message><source>Run it again. If it stops again, close other programs.</source><translation/></message>
<message><source>SELECT count(*) FROM deltas WHERE sequence = ?</source><translation/></message>
<message><source>SELECT layer, k, j, i, itemsize, data FROM checkpoint_blocks WHERE sequence = ?</source><translation/></message>
<message><source>SELECT value FROM state WHERE key = ?</source><translation/></message>
<message><source>STL, OBJ, PLY, 3MF or glTF, for printing.</source><translation/></message>
<message><source>Save it as binary.</source><translation/></message>
<message><source>Save it with raw or gzip encoding.</source><translation/></message>
<message><source>Say where they are now (--images PATH).</source><translation/></message>
<message><source>See and change the keys.</source><translation/></message>
<message><source>Segments as surfaces, where 3D shows a volume.</source><translation/></message>
<message><source>Select the segment under the cursor.</source><translation/></message>
<message><source>Several colour volumes do not fit into one NRRD file.</source><translation/></message>
<message><source>Show only a box of the image.</source><translation/></message>
<message><source>Show or hide.</source><translation/></message>
<message><source>Show the three planes.</source><translation/></message>
<message><source>Shown, ghost or hidden.</source><translation/></message>
<message><source>Size and panels of the main window.</source><translation/></message>
<message><source>Slices or 3D.</source><translation/></message>
<message><source>So much smoothing or so few triangles cannot be.</source><translation/></message>
<message><source>Some of what is proposed.</source><translation/></message>
<message><source>Somebody or something changed the file outside Limner.</source><translation/></message>
<message><source>Surfaces are not written as “{0}”.</source><translation/></message>
<message><source>Surfaces were written to {0}. Volumes changed by {1} % at most ({2}). </source><translation/></message>
<message><source>Surfaces, ray casting, cinematic.</source><translation/></message>
<message><source>Take the last change back.</source><translation/></message>
<message><source>Takes away what lies before it, seen from where the 3D view stands.</source><translation/></message>
<message><source>The 3D view is too small for a picture of its size.</source><translation/></message>
<message><source>The 3D view turning round: MP4, or PNG frames.</source><translation/></message>
<message><source>The Radiance picture {0} could not be read: {1}.</source><translation/></message>
<message><source>The active view alone.</source><translation/></message>
<message><source>The active view's, to the clipboard.</source><translation/></message>
<message><source>The archive cannot be opened: it is damaged or not a zip file.</source><translation/></message>
<message><source>The archive has entries that lead out of its folder; it was not made to carry images.</source><translation/></message>
<message><source>The archive holds more than {0} files.</source><translation/></message>
<message><source>The archive is encrypted.</source><translation/></message>
<message><source>The archive would unfold to {0} GB, far more than its size allows.</source><translation/></message>
<message><source>The back end {0} only draws cinematic pictures.</source><translation/></message>
<message><source>The case could not be written.</source><translation/></message>
<message><source>The case is saved already.</source><translation/></message>
<message><source>The case itself is always saved.</source><translation/></message>
<message><source>The case stays as it is.</source><translation/></message>
<message><source>The compressed image does not have the size that the header claims.</source><translation/></message>
<message><source>The compressed image does not hold whole numbers.</source><translation/></message>
<message><source>The compressed pixels are damaged.</source><translation/></message>
<message><source>The compressed pixels do not hold as many frames as the header claims.</source><translation/></message>
<message><source>The compressed pixels have no readable fragments.</source><translation/></message>
<message><source>The copy could not be written to {0}.</source><translation/></message>
<message><source>The decoder did not answer for every slice.</source><translation/></message>
<message><source>The deflated file is damaged.</source><translation/></message>
<message><source>The deflated file unfolds to more than {0} MB.</source><translation/></message>
<message><source>The demo study cannot be written to {0}.</source><translation/></message>
<message><source>The environment picture {0} could not be read.</source><translation/></message>
<message><source>The environment picture {0} is black or damaged.</source><translation/></message>
<message><source>The environment picture {0} is damaged.</source><translation/></message>
<message><source>The file cannot be decoded: the decoder stopped, ran out of its memory or took too long.</source><translation/></message>
<message><source>The file cannot be read.</source><translation/></message>
<message><source>The file claims {0} MB of pixels but holds only {1} kB of them.</source><translation/></message>
<message><source>The file claims {0} frames but holds pixels for {1}: its header and its pixels do not belong together.</source><translation/></message>
<message><source>The file claims {0} frames, more than it has bytes.</source><translation/></message>
<message><source>The file ends before its last frame.</source><translation/></message>
<message><source>The file has {0} values per pixel; Limner reads 1 or 3.</source><translation/></message>
<message><source>The file holds {0}.</source><translation/></message>
<message><source>The file is cut short within its pixels.</source><translation/></message>
<message><source>The file is cut short: it holds {0} of the {1} bytes of pixels that its header claims.</source><translation/></message>
<message><source>The file is damaged: it cannot be followed ({0}).</source><translation/></message>
<message><source>The file is damaged: it has no readable DICOM header.</source><translation/></message>
<message><source>The file is no image that Limner knows.</source><translation/></message>
<message><source>The file nests its sequences too deeply to be a medical image.</source><translation/></message>
<message><source>The file packs its pixels into {0} bits, which Limner does not read.</source><translation/></message>
<message><source>The file uses a compression that Limner does not know.</source><translation/></message>
<message><source>The file's header has too many elements to be a medical image.</source><translation/></message>
<message><source>The file's pixels do not have the size that its header claims.</source><translation/></message>
<message><source>The folder holds more than {0} files.</source><translation/></message>
<message><source>The folder of presets cannot be made: {0}.</source><translation/></message>
<message><source>The folder {0} cannot be made.</source><translation/></message>
<message><source>The folder {0} cannot be used.</source><translation/></message>
<message><source>The folder {0} cannot be written.</source><translation/></message>
<message><source>The folder {0} holds other files.</source><translation/></message>
<message><source>The format {0} needs a file name that ends in .{1}.</source><translation/></message>
<message><source>The format {0} needs a file name that ends in {1}.</source><translation/></message>
<message><source>The graphics card (glsl), the processor (numba), or what is better here.</source><translation/></message>
<message><source>The graphics card cannot trace paths: the processor does it.</source><translation/></message>
<message><source>The image and the case are untouched.</source><translation/></message>
<message><source>The image in light and shadow, refined while it rests. Not for diagnosis.</source><translation/></message>
<message><source>The image is not on the shelf any more.</source><translation/></message>
<message><source>The image itself, fast, without shadows.</source><translation/></message>
<message><source>The image was closed before it was read completely.</source><translation/></message>
<message><source>The images of this case are not where they were.</source><translation/></message>
<message><source>The journal is broken at entry {0} of {1}.</source><translation/></message>
<message><source>The last change is still being worked out.</source><translation/></message>
<message><source>The last changes could not be saved to the case.</source><translation/></message>
<message><source>The last changes of the open case cannot be saved, so it stays open.</source><translation/></message>
<message><source>The mask lies on another grid than the image.</source><translation/></message>
<message><source>The masks were written to {0}.</source><translation/></message>
<message><source>The memory does not suffice for {0} on this image.</source><translation/></message>
<message><source>The picture could not be read back as it was written.</source><translation/></message>
<message><source>The picture is on the clipboard.</source><translation/></message>
<message><source>The preset “{0}” in {1} cannot be used: {2}.</source><translation/></message>
<message><source>The result of {0} was dropped: another image is open now.</source><translation/></message>
<message><source>The segment has no voxels with values in this image.</source><translation/></message>
<message><source>The segment “{0}” is empty.</source><translation/></message>
<message><source>The segment “{0}” is locked.</source><translation/></message>
<message><source>The segments as surfaces.</source><translation/></message>
<message><source>The series needs {0} GB of memory and only {1} GB are free.</source><translation/></message>
<message><source>The series of this case is not among these images.</source><translation/></message>
<message><source>The settings could not be saved.</source><translation/></message>
<message><source>The settings file could not be read; defaults are used ({0}).</source><translation/></message>
<message><source>The slices of this series are not evenly spaced or not at right angles ({0}). How shall it be opened?</source><translation/></message>
<message><source>The surface could not be written.</source><translation/></message>
<message><source>The terminology has no “{0}”.</source><translation/></message>
<message><source>The values are too much alike to tell tissues apart.</source><translation/></message>
<message><source>The volume could not be drawn ({0}).</source><translation/></message>
<message><source>The whole image in every view.</source><translation/></message>
<message><source>The worker cannot say what it computes on.</source><translation/></message>
<message><source>There are {0} image series here.</source><translation/></message>
<message><source>There are: {0}; or give a file.</source><translation/></message>
<message><source>There is a preset “{0}” already.</source><translation/></message>
<message><source>There is no action “{0}”.</source><translation/></message>
<message><source>There is no case at {0}.</source><translation/></message>
<message><source>There is no file {0}.</source><translation/></message>
<message><source>There is no folder {0}.</source><translation/></message>
<message><source>There is no image in this {0} ({1} other files).</source><translation/></message>
<message><source>There is no image series with this id.</source><translation/></message>
<message><source>There is no image to show here.</source><translation/></message>
<message><source>There is no model “{0}”.</source><translation/></message>
<message><source>There is no picture to copy.</source><translation/></message>
<message><source>There is no preset “{0}”.</source><translation/></message>
<message><source>There is no screen: neither DISPLAY nor WAYLAND_DISPLAY is set. The command line works without one.</source><translation/></message>
<message><source>There is no segment with voxels, so there is no surface.</source><translation/></message>
<message><source>There is no segment “{0}”.</source><translation/></message>
<message><source>There is no such segment.</source><translation/></message>
<message><source>There is no view “{0}”.</source><translation/></message>
<message><source>There is not enough memory for this series.</source><translation/></message>
<message><source>There is not enough memory to resample this series.</source><translation/></message>
<message><source>There is nothing to redo.</source><translation/></message>
<message><source>There is nothing to save yet.</source><translation/></message>
<message><source>There is nothing to undo.</source><translation/></message>
<message><source>These are not the images of this case: their voxels differ.</source><translation/></message>
<message><source>These are not the images of this case: they lie on another grid.</source><translation/></message>
<message><source>They are kept in memory and saved as soon as possible ({0}). “Save a copy as” to another place.</source><translation/></message>
<message><source>This case is already open in another Limner.</source><translation/></message>
<message><source>This case is damaged: entry {0} of its journal does not follow from the others.</source><translation/></message>
<message><source>This case is damaged: entry {0} of its journal is missing.</source><translation/></message>
<message><source>This case is damaged: it does not say what it belongs to.</source><translation/></message>
<message><source>This case is open read-only.</source><translation/></message>
<message><source>This case was made by a newer version of Limner.</source><translation/></message>
<message><source>This case's checkpoint is damaged.</source><translation/></message>
<message><source>This case's file is damaged and cannot be read to its end.</source><translation/></message>
<message><source>This file is not a Limner case, or it is damaged.</source><translation/></message>
<message><source>This file is not a Limner case.</source><translation/></message>
<message><source>This image has no values that colours and opacities could stand for.</source><translation/></message>
<message><source>This is a bug of the model (version {0}); please report it.</source><translation/></message>
<message><source>This is the case itself.</source><translation/></message>
<message><source>This is {0}, not an image.</source><translation/></message>
<message><source>This needs the window.</source><translation/></message>
<message><source>This position lies outside the image.</source><translation/></message>
<message><source>This preset is no longer there.</source><translation/></message>
<message><source>This series has peculiarities: {0}.</source><translation/></message>
<message><source>Three slices and 3D.</source><translation/></message>
<message><source>Three slices, no 3D.</source><translation/></message>
<message><source>Undo or redo to any entry.</source><translation/></message>
<message><source>Unlock it in the Segments panel to change it.</source><translation/></message>
<message><source>Unpack it with its password first.</source><translation/></message>
<message><source>Unpack the archive first.</source><translation/></message>
<message><source>Unrecognized arguments: {0}.</source><translation/></message>
<message><source>Up the list.</source><translation/></message>
<message><source>Update Limner to open it; nothing was changed.</source><translation/></message>
<message><source>Use --resample to cut it off.</source><translation/></message>
<message><source>Use --resample to lay it on the image's grid; the mask's edges then move by up to half a voxel.</source><translation/></message>
<message><source>Use one of {0}.</source><translation/></message>
<message><source>Use “Save a copy as” and work in the copy.</source><translation/></message>
<message><source>VTK casts rays and traces no paths.</source><translation/></message>
<message><source>Versions and licences.</source><translation/></message>
<message><source>Video players want even numbers of pixels: {0} × {1}.</source><translation/></message>
<message><source>Volumes on different grids do not fit into one file.</source><translation/></message>
<message><source>W 1500 L −600.</source><translation/></message>
<message><source>W 1800 L 400.</source><translation/></message>
<message><source>W 400 L 40.</source><translation/></message>
<message><source>W 80 L 40.</source><translation/></message>
<message><source>What is hidden stays hidden.</source><translation/></message>
<message><source>What is set once.</source><translation/></message>
<message><source>What was opened last.</source><translation/></message>
<message><source>Where cases are kept; empty for the usual place.</source><translation/></message>
<message><source>With all its series.</source><translation/></message>
<message><source>With its voxels; undo brings it back.</source><translation/></message>
<message><source>Write .nii.gz or .mha.</source><translation/></message>
<message><source>Write .nii.gz or .nrrd, or resample with --regular-grid.</source><translation/></message>
<message><source>Write a .seg.nrrd file, which holds overlapping segments.</source><translation/></message>
<message><source>Write arguments as key=value.</source><translation/></message>
<message><source>Write it as #rrggbb.</source><translation/></message>
<message><source>Write it as 1024x768.</source><translation/></message>
<message><source>Write it as 40,400.</source><translation/></message>
<message><source>Write it as X,Y,Z in LPS millimetres.</source><translation/></message>
<message><source>Write it as anterior:40 or left:50%; sides: {0}.</source><translation/></message>
<message><source>Write it as {0}.</source><translation/></message>
<message><source>Written into the journal with each change.</source><translation/></message>
<message><source>Your case on this image goes on, with {0} entries. “New case” begins afresh.</source><translation/></message>
</context>
</TS>
